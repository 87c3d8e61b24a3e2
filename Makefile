# Everything runs in .venv, set up with plain pip from pinned, hashed locks: nothing but Python 3.11+ is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
JOBS ?= 2
UV_COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --prerelease=if-necessary-or-explicit \
	--generate-hashes --no-header --no-annotate -c requirements/constraints.in

.DEFAULT_GOAL := help
.PHONY: help setup dev torch editor demo test fuzz check bench golden lock lock-units sizes wheel-test clean

help:  ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(VENV)/.demo: requirements/demo.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mlspec needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what the demo needs into $(VENV) ..."
	@$(PIP) install -q --no-compile --require-hashes -r requirements/demo.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@$(BIN)/python -m mlspec.targets.packaging
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.demo
	@echo "installing what the tests need into $(VENV) ..."
	@$(PIP) install -q --no-compile --require-hashes -r requirements/dev.lock
	@touch $@

torch: $(VENV)/.dev  ## torch as well: where no small build is at hand, it is gigabytes
	@$(PIP) install -q torch==2.13.0

editor:  ## the language server that editors run: with it, and node, their tests run too
	@npm install --silent --no-fund --no-audit --prefix $(VENV)/editor yaml-language-server@1.25.0

setup: $(VENV)/.demo  ## install what the demo needs

dev: $(VENV)/.dev  ## install what tests, checks and benchmarks need

demo: $(VENV)/.demo  ## the whole loop on real data, on a mocked cloud
	@$(BIN)/python examples/flight-delay/demo.py

test: $(VENV)/.dev  ## all tests, in parallel
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal

fuzz: $(VENV)/.dev  ## load texts that grow by coverage for SECONDS (60): none may crash
	@$(BIN)/python -m tests.specs.fuzz --seconds $(or $(SECONDS),60)

check: $(VENV)/.dev  ## format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/.dev  ## measure, each beside a peer or a limit
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

golden: $(VENV)/.dev  ## write the golden bundles anew; review the difference like code
	@$(BIN)/python -m tests.golden.update

wheel-test: $(VENV)/.dev  ## build the wheel and run the tests against it, outside the repository
	@JOBS=$(JOBS) $(BIN)/python tests/wheel.py

lock: $(VENV)/.demo  ## pin everything anew
	@$(PIP) install -q uv
	@$(UV_COMPILE) --extra dev pyproject.toml requirements/build.in -o requirements/dev.lock
	@$(UV_COMPILE) --extra demo -c requirements/dev.lock pyproject.toml requirements/build.in -o requirements/demo.lock

	@$(MAKE) --no-print-directory lock-units

# What a unit ships: the versions that the tests run with. The image brings torch, so only what exports it is pinned.
UNIT_LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	-c requirements/dev.lock
LOCKS := compiler/units/locks
TRAINING := cloudpickle narwhals numpy onnx onnxruntime polars scikit-learn skl2onnx threadpoolctl
CONTAINER := httptools msgspec numpy onnxruntime uvloop

lock-units: $(VENV)/.demo  ## pin what the training jobs and the container ship
	@$(PIP) install -q uv
	@printf '%s\n' $(TRAINING) | $(UNIT_LOCK) - -o $(LOCKS)/training.lock
	@printf '%s\n' $(TRAINING) xgboost-cpu | $(UNIT_LOCK) - -o $(LOCKS)/training-xgboost.lock
	@printf '%s\n' $(TRAINING) lightgbm | $(UNIT_LOCK) - -o $(LOCKS)/training-lightgbm.lock
	@printf '%s\n' $(TRAINING) onnxscript | $(UNIT_LOCK) - -o $(LOCKS)/training-torch.lock
	@printf '%s\n' $(CONTAINER) | $(UNIT_LOCK) --no-deps - -o $(LOCKS)/container.lock
	@$(MAKE) --no-print-directory sizes

sizes: $(VENV)/.demo  ## measure what the locked requirements take on each platform
	@$(BIN)/python -m mlspec.targets.packaging.sizes

clean:  ## remove what was made, the virtual environment too
	rm -rf $(VENV) build dist .mlspec .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
