# Two commands for a newcomer: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo serve test check format lint types imports unit fuzz conformance crash bench lock wheel clean

demo: $(READY)
	$(BIN)/dqm demo $(ARGS)

# After `make demo` the clock stands at the last delivery; `make serve ARGS=` lets it be today.
serve: ARGS ?= --now last
serve: $(READY)
	$(BIN)/dqm serve $(ARGS)

test: format lint types imports unit

check: format lint types imports

format: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -n auto --dist worksteal $(PYTEST_ARGS)

# Each check against its oracle with a thousand frames a case; takes about an hour.
fuzz: $(READY)
	DQM_EXAMPLES=1000 DQM_CASES=all $(BIN)/pytest -n auto --dist worksteal \
	  tests/unit/test_catalogue.py tests/unit/test_segments.py tests/unit/test_time_checks.py \
	  $(PYTEST_ARGS)

# Every case of every check on every engine; `make test` asks one case of each check.
conformance: $(READY)
	DQM_CASES=all $(BIN)/pytest -n auto tests/integration/test_conformance.py $(PYTEST_ARGS)

# Kills at every step and at random, many writers, the protocol less each step, a store that goes
# away at each statement: one JSON line.
crash: $(READY)
	DQM_HOUSES=12 DQM_OUTAGES=all DQM_BUCKET_WRITERS=6 $(BIN)/pytest -s -q tests/acceptance/crash.py \
	  tests/acceptance/test_quarantine_crashes.py tests/acceptance/test_store_outage.py \
	  tests/acceptance/test_crashes_in_buckets.py $(PYTEST_ARGS)

bench: $(READY)
	$(BIN)/python -m benchmarks $(ARGS)

wheel: $(READY)
	$(BIN)/uv build --wheel --no-build-isolation

# Locked with hashes; regenerate after a change of dependencies.
lock: $(READY)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --all-extras --group dev pyproject.toml -o requirements.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)

clean:
	rm -rf $(VENV) .dqm build dist benchmarks/.peers
