PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: demo test check serve bench clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml constraints.txt hatch_build.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(READY)
	$(BIN)/workerkit exec --scenario all -- $(BIN)/python tests/examples/worker.py
	$(BIN)/workerkit conform --max-requests 1500

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p workerkit.openapi -p workerkit.scenarios -p workerkit.mockserver -p workerkit.contracts -p workerkit.cli
	$(BIN)/mypy tests hatch_build.py
	$(BIN)/lint-imports
	$(BIN)/openapi-spec-validator openapi/worker-api.yaml openapi/control-api.yaml

serve: $(READY)
	$(BIN)/workerkit serve

bench: $(READY)
	npm install --no-save --no-package-lock --silent --no-audit --no-fund --prefix build/node @stoplight/spectral-cli@6.16.3
	build/node/node_modules/.bin/spectral lint --ruleset benchmarks/spectral.yaml openapi/worker-api.yaml openapi/control-api.yaml

clean:
	rm -rf $(VENV) .dev build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
