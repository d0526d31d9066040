"""pandera, imported when a contract is first held: it costs a second, others pay nothing."""

from __future__ import annotations

import warnings
from types import ModuleType


def pandera_polars() -> ModuleType:
    """Return `pandera.polars`.

    pandera imports pyspark where it is installed, which then warns of pandas: no matter of ours.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import pandera.polars  # noqa: PLC0415 - see above
    return pandera.polars
