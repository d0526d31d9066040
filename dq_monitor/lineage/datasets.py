"""Says of a dataset what OpenLineage wants to know: identity, schema, statistics, quality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import attr
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    data_quality_metrics_dataset,
    dataset_type_dataset,
    dataset_version_dataset,
    lifecycle_state_change_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
    storage_dataset,
    symlinks_dataset,
)

from dq_monitor.lineage.house import House, producer
from dq_monitor.lineage.results import assertions
from dq_monitor.model.event import Dataset
from dq_monitor.model.profile import ColumnProfile, Profile
from dq_monitor.model.table import Field
from dq_monitor.model.verdict import Verdict

Change = lifecycle_state_change_dataset.LifecycleStateChange
DELTA = "delta"
METRICS_URL = (
    "https://openlineage.io/spec/facets/1-0-0/DataQualityMetricsDatasetFacet.json"
    "#/$defs/DataQualityMetricsDatasetFacet"
)


@attr.define
class DatasetMetrics(data_quality_metrics_dataset.DataQualityMetricsDatasetFacet):
    """The facet in the published version: the client's 1-0-1 adds a field that we do not fill."""

    @staticmethod
    def _get_schema() -> str:
        return METRICS_URL


def read(dataset: Dataset, house: House) -> InputDataset:
    """Return a dataset that a step reads, at the version it reads."""
    facets = _identity(dataset, house, dataset.version)
    return InputDataset(dataset.namespace, dataset.path, facets=facets)


def under_test(
    dataset: Dataset, house: House, version: int | None, verdict: Verdict | None = None
) -> InputDataset:
    """Return a table that was tested: the only place where the spec itself has assertions."""
    found = assertions(verdict) if verdict else None
    return InputDataset(
        dataset.namespace,
        dataset.path,
        facets=_identity(dataset, house, version),
        inputFacets={"dataQualityAssertions": found} if found else None,
    )


def aimed_at(dataset: Dataset, house: House, verdict: Verdict | None = None) -> OutputDataset:
    """Return the table a step writes to, without any change to it."""
    facets = _identity(dataset, house, None) | _judged(verdict)
    return OutputDataset(dataset.namespace, dataset.path, facets=facets)


def written(
    dataset: Dataset,
    house: House,
    *,
    version: int,
    at: datetime,
    verdict: Verdict,
    profile: Profile | None,
    change: Change | None,
) -> OutputDataset:
    """Return a table with what one write made of it."""
    facets = _identity(dataset, house, version) | _judged(verdict)
    if profile:
        facets["schema"] = _schema(profile.fields)
        facets["dataQualityMetrics"] = _metrics(profile, at)
    if change:
        facets["lifecycleStateChange"] = (
            lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet(
                change, producer=producer()
            )
        )
    return OutputDataset(
        dataset.namespace,
        dataset.path,
        facets=facets,
        outputFacets={"outputStatistics": _statistics(verdict.counts.kept, profile)},
    )


def _identity(dataset: Dataset, house: House, version: int | None) -> dict[str, DatasetFacet]:
    table = dataset.format == DELTA
    facets: dict[str, DatasetFacet] = {
        "datasetType": dataset_type_dataset.DatasetTypeDatasetFacet(
            "TABLE" if table else "FILE", producer=producer()
        )
    }
    if table:
        facets["storage"] = storage_dataset.StorageDatasetFacet(
            DELTA, "parquet", producer=producer()
        )
        facets["symlinks"] = _symlinks(dataset, house)
    if version is not None:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
            str(version), producer=producer()
        )
    owner = house.owners.get(dataset.name)
    if owner:
        facets["ownership"] = ownership_dataset.OwnershipDatasetFacet(
            [ownership_dataset.Owner(owner, "OWNER")], producer=producer()
        )
    return facets


def _symlinks(dataset: Dataset, house: House) -> symlinks_dataset.SymlinksDatasetFacet:
    logical = symlinks_dataset.Identifier(house.namespace, dataset.name, "TABLE")
    return symlinks_dataset.SymlinksDatasetFacet([logical], producer=producer())


def _judged(verdict: Verdict | None) -> dict[str, DatasetFacet]:
    # By schema a facet of inputs only; dbt's integration puts it here too, and readers look here.
    found = assertions(verdict) if verdict else None
    return {"dataQualityAssertions": found} if found else {}  # type: ignore[dict-item]  # see above


def _schema(fields: Sequence[Field]) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        [
            schema_dataset.SchemaDatasetFacetFields(
                field.name, field.type, ordinal_position=place, fields=None
            )
            for place, field in enumerate(fields, start=1)
        ],
        producer=producer(),
    )


def _metrics(profile: Profile, at: datetime) -> DatasetMetrics:
    return DatasetMetrics(
        {column.name: _column(column) for column in profile.columns},
        rowCount=profile.rows,
        bytes=profile.bytes,
        fileCount=profile.files,
        lastUpdated=at.isoformat(),
        producer=producer(),
    )


def _column(column: ColumnProfile) -> data_quality_metrics_dataset.ColumnMetrics:
    return data_quality_metrics_dataset.ColumnMetrics(
        nullCount=column.nulls, min=_finite(column.min), max=_finite(column.max), quantiles=None
    )


def _statistics(
    kept: int, profile: Profile | None
) -> output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet:
    return output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=profile.rows if profile else kept,
        size=profile.bytes if profile else None,
        fileCount=profile.files if profile else None,
        producer=producer(),
    )


def _finite(value: float | None) -> float | None:
    """Return None for what JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None
