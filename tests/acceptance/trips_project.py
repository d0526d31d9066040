"""A project of four guarded steps in a folder of its own, run as people run it: by `dqm run`."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from dq_monitor.store import open_store
from tests.acceptance.crew import Crew, Said

TABLES = ("bronze.trips", "bronze.fares", "silver.trips", "gold.carriers")
# Root may write anywhere; without this capability it obeys permissions as everybody does.
OBEDIENT = ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()
PIPELINE = """
import polars as pl

from dq_monitor import Pipeline, Step, file, new_rows, table


def delivered(rows):
    return rows


def typed(trips):
    return trips.with_columns(pl.col("trip", "miles").cast(pl.Int64))


daily = Pipeline(
    "daily",
    (
        Step("bronze.trips", {"rows": file("in/trips-{key}.csv", infer_schema=False)}, delivered),
        Step("bronze.fares", {"rows": file("in/fares-{key}.parquet")}, delivered),
        Step("silver.trips", {"trips": new_rows("bronze.trips")}, typed),
        Step(
            "gold.carriers",
            {"trips": table("silver.trips"), "fares": table("bronze.fares")},
            sql="SELECT carrier, SUM(miles) AS miles, SUM(fare) AS fares "
            "FROM trips JOIN fares USING (trip) GROUP BY carrier",
            mode="overwrite",
        ),
    ),
)
"""
PACKS = {
    "bronze.trips": """\
contract: {evolution: strict}
rules:
  - row_count: {}
    error: {below: 1}
""",
    "bronze.fares": """\
contract:
  evolution: strict
  columns:
    trip: {type: int64, nullable: false}
    fare: {type: float64, nullable: false}
rules:
  - unique: trip
  - in_range: {column: fare, min: 0}
""",
    "silver.trips": """\
notify: [ops]
gate: {max_quarantined: 40%}
rules:
  - unique: trip
  - in_range: {column: miles, min: 0, max: 3000}
""",
    "gold.carriers": """\
rules:
  - not_null: carrier
""",
}


@dataclass(frozen=True)
class Project:
    """The folder, and what lies in it; day 1 has been run, day 2 has arrived."""

    folder: Path

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.folder / '.dqm' / 'store.db'}"

    def run(self, crew: Crew, *arguments: str, **environment: str) -> Said:
        """Run the pipeline in a process of its own, as `dqm run` does."""
        return crew.dqm(self.folder, ["run", "daily.py", *arguments], environment)

    def run_obedient(self, *arguments: str) -> Said:
        """Run it in a process that was started from nothing and keeps to files' permissions."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DQM_")}
        done = subprocess.run(
            [*OBEDIENT, sys.executable, "-m", "dq_monitor", "run", "daily.py", *arguments],
            cwd=self.folder,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Said(done.returncode, done.stdout + done.stderr)

    def file(self, path: str) -> Path:
        return self.folder / path

    def write(self, path: str, content: str | bytes) -> None:
        self.file(path).write_bytes(content.encode() if isinstance(content, str) else content)

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.file(path).read_text()
        assert old in text
        self.file(path).write_text(text.replace(old, new))

    def files(self, *tables: str) -> dict[str, int]:
        """Return what lies in the folders of `tables` with its size, staging included."""
        roots = [self.file(".dqm/warehouse") / table.replace(".", "/") for table in tables]
        files = [path for root in roots for path in root.rglob("*") if path.is_file()]
        names = {str(path.relative_to(self.folder)): path.stat().st_size for path in sorted(files)}
        # Polars may finish a file after it has raised: apart from all others, for vacuum to take.
        return {name: size for name, size in names.items() if "/pass-" not in name}

    def versions(self) -> dict[str, int]:
        """Return the newest version of each table."""
        root = self.file(".dqm/warehouse")
        return {t: DeltaTable(root / t.replace(".", "/")).version() for t in TABLES}

    def trips(self) -> list[int]:
        """Return the trips that silver holds."""
        table = pl.read_delta(str(self.file(".dqm/warehouse/silver/trips")))
        return sorted(table["trip"].to_list())

    def open_writes(self) -> list[str]:
        """Return the writes that have no outcome."""
        with closing(open_store(self.store_url)) as store:
            return list(store.log.open_writes())

    def events(self) -> int:
        """Return how many facts the log holds."""
        with closing(open_store(self.store_url)) as store:
            return len(store.log.read(0, 1000))


def make_project(folder: Path, crew: Crew) -> Project:
    """Write pipeline, packs and the deliveries of two days; run the first."""
    (folder / "in").mkdir(parents=True)
    (folder / "rules").mkdir()
    (folder / "daily.py").write_text(PIPELINE)
    for table, text in PACKS.items():
        pack = f"pack: {table}\ntable: {table}\n{text}"
        (folder / "rules" / f"{table}.yaml").write_text(pack)
    for day in (1, 2):
        deliver(folder, day)
    project = Project(folder)
    first = project.run(crew, "--key", "1")
    assert first.code == 0, first.text
    return project


def trips(day: int) -> str:
    """Return a day's trips as CSV: six of them, over three carriers."""
    rows = (f"{day}{n},{['AA', 'BB', 'CC'][n % 3]},{n * 10}" for n in range(6))
    return "\n".join(("trip,carrier,miles", *rows, ""))


def fares(day: int) -> pl.DataFrame:
    """Return a day's fares, one for each trip."""
    return pl.DataFrame(
        {"trip": [day * 10 + n for n in range(6)], "fare": [n + 0.5 for n in range(6)]}
    )


def deliver(folder: Path, day: int) -> None:
    """Put a day's files where the pipeline looks for them."""
    (folder / f"in/trips-{day}.csv").write_text(trips(day))
    fares(day).write_parquet(folder / f"in/fares-{day}.parquet")
