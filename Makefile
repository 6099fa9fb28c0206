# Python 3.11 or newer and make are all that a machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH_PEERS := tunewright-auto,random,optuna-tpe,optuna-gp

.PHONY: run test bench-search lint format crds chart cluster cluster-down clean

run: $(VENV)/.trainer  ## Tune a small network on the digits data, and show the result.
	$(BIN)/tunewright run examples/digits.yaml

test: $(VENV)/.dev lint  ## All there is to test.
	$(BIN)/python -m pytest

bench-search: $(VENV)/.bench  ## Compare the sampler with others on a few tasks; docs/benchmarks.md has the whole.
	$(BIN)/python -m benchmarks.search run --peers $(BENCH_PEERS) --seeds 10 --trials 50 --jobs 2
	$(BIN)/python -m benchmarks.search compare --peers $(BENCH_PEERS) --at 25,50

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

crds: $(VENV)/.dev  ## Generate crds/ from the models.
	$(BIN)/tunewright crds --output crds

chart: crds  ## Copy the kinds into the chart; render the manifest and the table of values.
	$(BIN)/python -m tests.unit.charts.generated

cluster: $(VENV)/.dev  ## A Kubernetes cluster on this machine, of a control plane and one real node.
	$(BIN)/python -m tests.cluster.machine up

cluster-down: $(VENV)/.dev
	$(BIN)/python -m tests.cluster.machine down

clean:
	rm -rf $(VENV) .tunewright

$(VENV)/.trainer: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tunewright needs Python 3.11 or newer; name one with make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[trainer]'
	touch $@

$(VENV)/.dev: $(VENV)/.trainer
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[trainer,dev]'
	touch $@

$(VENV)/.bench: $(VENV)/.trainer
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[trainer,bench]'
	touch $@
