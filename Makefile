PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: demo test check serve bench clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml constraints.txt hatch_build.py $(wildcard package/*.py)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(READY)
	$(BIN)/workerkit exec --scenario all --jobs 4 -- $(BIN)/python tests/examples/worker.py
	$(BIN)/workerkit conform --max-requests 1500

# Hundreds of processes are started: none has to compile what another one compiled.
test: $(READY)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist worksteal

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p workerkit
	$(BIN)/mypy tests hatch_build.py benchmarks
	$(BIN)/lint-imports
	$(BIN)/openapi-spec-validator openapi/worker-api.yaml openapi/control-api.yaml

serve: $(READY)
	$(BIN)/workerkit serve

# What it needs of Node goes into build/, which is ignored; package.json holds the versions.
bench: $(READY)
	mkdir -p build/node
	cp benchmarks/package.json build/node/package.json
	npm install --no-package-lock --ignore-scripts --silent --no-audit --no-fund --prefix build/node
	build/node/node_modules/.bin/spectral lint --ruleset benchmarks/spectral.yaml openapi/worker-api.yaml openapi/control-api.yaml
	$(BIN)/python -m benchmarks.peers.peers
	$(BIN)/python -m benchmarks.endurance.scale
	$(BIN)/python -m benchmarks.endurance.soak
	$(BIN)/python -m benchmarks.endurance.abuse
	$(BIN)/python -m benchmarks.soundness.matrix
	$(BIN)/python -m benchmarks.soundness.independent --max-requests 1000
	$(PYTHON) -m venv build/django
	build/django/bin/python -m pip install --quiet --disable-pip-version-check -r tests/servers/django_server/requirements.txt
	npm install --no-package-lock --silent --no-audit --no-fund --prefix build/express $$(cd tests/servers/express_server && node -p 'Object.entries(require("./package.json").dependencies).map(d => d.join("@")).join(" ")')
	$(BIN)/python -m benchmarks.soundness.real_servers --minutes 60 --stock
	$(BIN)/python -m benchmarks.soundness.sound
	$(BIN)/python -m benchmarks.soundness.garbled
	$(BIN)/python -m benchmarks.soundness.mutants
	$(BIN)/python -m benchmarks.soundness.capsules
	$(PYTHON) -m venv build/mitmproxy
	build/mitmproxy/bin/python -m pip install --quiet --disable-pip-version-check mitmproxy
	$(BIN)/python -m benchmarks.recorder.proxy

clean:
	rm -rf $(VENV) .dev build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
