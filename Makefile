PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

# npm packages are installed as they were on this day: a newer one could need a newer Node.js.
NPM_INSTALL = npm install --before 2026-11-15 --no-package-lock --ignore-scripts --silent --no-audit --no-fund
# The linters of the specs and the generators of TypeScript. Empty where Node.js is missing or too old for them.
NODE_IS_NEW = node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b > 18) ? 0 : 1)'
NODE := $(shell $(NODE_IS_NEW) 2>/dev/null && echo build/node)
# Workers with HTTP libraries of npm. Empty where Node.js or npm is missing.
NODE_STACKS := $(if $(NODE),$(if $(shell command -v npm 2>/dev/null),build/stacks/.ready))
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
SPECS = openapi/worker-api.yaml openapi/control-api.yaml build/spec/worker-api-3.1.yaml build/spec/worker-api-3.0.yaml

PACKAGING = build/packages/.ready
FLEET = build/fleet/.ready
NGINX := $(shell command -v nginx || ls /usr/sbin/nginx 2>/dev/null)

.PHONY: demo test check messages dist environments docs pictures serve bench clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml constraints.txt hatch_build.py $(wildcard package/*.py)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(READY)
	$(BIN)/workerkit exec --scenario all --jobs 4 -- $(BIN)/python tests/examples/worker.py
	$(BIN)/workerkit conform --max-requests 1500

# Hundreds of processes are started: none has to compile what another one compiled.
test: $(READY) $(NODE_STACKS)
ifeq ($(CHROMIUM),)
	@echo "Left out: the tests of pages in a browser, which need Chromium."
endif
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist worksteal

# Node looks for the packages beside the links. Without the packages, the tests leave these workers out.
build/stacks/.ready: tests/workers/stacks/package.json $(wildcard tests/workers/stacks/*.mjs)
	mkdir -p build/stacks
	cp tests/workers/stacks/package.json build/stacks/package.json
	ln -sf $(abspath $(wildcard tests/workers/stacks/*.mjs)) build/stacks/
	if $(NPM_INSTALL) --prefix build/stacks; then touch $@; else echo "Left out: the workers with packages of npm, which could not be installed."; fi

build/stacks/go_worker: tests/workers/stacks/go_worker.go
	mkdir -p build/stacks
	go build -o $@ $<

check: $(READY) docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p workerkit
	$(BIN)/mypy tests hatch_build.py benchmarks docs/made_pages docs/messages docs/checks
	$(BIN)/lint-imports
	$(BIN)/python -m docs.checks
	$(BIN)/openapi-spec-validator openapi/worker-api.yaml openapi/control-api.yaml
ifeq ($(NODE),)
	@echo "Left out: Spectral and Redocly, which lint the specs, need Node.js 20.19 or newer."
else
check: build/spec/linted

$(NODE)/.ready: benchmarks/generators/package.json
	mkdir -p $(NODE)
	cp benchmarks/generators/package.json $(NODE)/package.json
	$(NPM_INSTALL) --prefix $(NODE)
	touch $@

# Again only after a change of a spec, of what writes it, or of the linters. Redocly's recommended-strict has the
# rules of its recommended: each warning is an error.
build/spec/linted: $(READY) $(NODE)/.ready benchmarks/generators/spectral.yaml $(wildcard openapi/*.yaml openapi/spec/*.py)
	mkdir -p build/spec
	$(BIN)/workerkit spec --out build/spec/worker-api-3.1.yaml
	$(BIN)/workerkit spec --openapi 3.0 --out build/spec/worker-api-3.0.yaml
	$(NODE)/node_modules/.bin/spectral lint --fail-severity hint --ruleset benchmarks/generators/spectral.yaml $(SPECS)
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
		$(NODE)/node_modules/.bin/redocly lint --extends recommended-strict $(SPECS)
	touch $@
endif

# Adds the new messages of the code to the catalogues, drops the old ones, and compiles the catalogues.
messages: $(READY)
	$(BIN)/python -m docs.messages

# One site in each language, to be opened from disk or put on any server of files: build/site/en, build/site/vi.
docs: $(READY)
	DOCS_LANGUAGE=en $(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs -d build/doctrees/en docs build/site/en
	DOCS_LANGUAGE=vi $(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs -d build/doctrees/vi docs/vi build/site/vi

# Makes the pictures of the documentation again. Needs Chromium.
pictures: $(READY)
	$(BIN)/python -m docs.pictures.make_pictures

serve: $(READY)
	$(BIN)/workerkit serve

# uv, and what builds and checks the distributions.
$(PACKAGING): benchmarks/packages/requirements.txt
	$(PYTHON) -m venv build/packages
	build/packages/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# What checks the files of examples/fleet.
$(FLEET): benchmarks/fleet/requirements.txt
	$(PYTHON) -m venv build/fleet
	build/fleet/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# Builds what is released into dist/, and checks it.
dist: $(READY) $(PACKAGING)
	$(BIN)/python -m benchmarks.packages.distributions

# The wheel with the highest and the lowest versions of its packages, on each Python that is there.
environments: $(READY) $(PACKAGING)
	$(BIN)/python -m benchmarks.packages.environments

# What it needs of Node goes into build/, which is ignored; the two package.json hold the versions.
bench: dist environments $(READY) $(FLEET) $(if $(NODE),$(NODE)/.ready) $(NODE_STACKS) $(if $(shell command -v go 2>/dev/null),build/stacks/go_worker)
	$(BIN)/python -m pytest -n 2 -m hypothesis --hypothesis-profile new-examples
	$(BIN)/python -m pytest -m long --long-blocks
	$(BIN)/python -m pytest tests/docs/test_pages.py --long-blocks
	$(BIN)/python -m benchmarks.packages.without_posix
	$(BIN)/python -m benchmarks.packages.plugins
	$(BIN)/python -m benchmarks.packages.process_one
	mkdir -p build/peers
	cp benchmarks/package.json build/peers/package.json
	$(NPM_INSTALL) --prefix build/peers
	$(PYTHON) -m venv build/generators
	build/generators/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/generators/requirements.txt
	$(BIN)/python -m benchmarks.generators
	$(BIN)/python -m benchmarks.peers.peers
	$(BIN)/python -m benchmarks.endurance.scale
	$(BIN)/python -m benchmarks.endurance.heartbeats
	$(BIN)/python -m benchmarks.endurance.soak
	$(BIN)/python -m benchmarks.endurance.looking
	$(BIN)/python -m benchmarks.endurance.metrics
	$(BIN)/python -m benchmarks.endurance.traces
	$(BIN)/python -m benchmarks.endurance.abuse
	$(BIN)/python -m benchmarks.endurance.two_ways
	$(BIN)/python -m benchmarks.endurance.interrupts
	$(BIN)/python -m benchmarks.fleet.files
	$(if $(NGINX),$(BIN)/python -m benchmarks.fleet.thousand_servers,@echo "Left out: the fleet behind nginx, which is not installed.")
	$(BIN)/python -m benchmarks.soundness.matrix
	$(BIN)/python -m benchmarks.soundness.stacks --times 3 --busy
	$(BIN)/python -m benchmarks.soundness.grid
	$(BIN)/python -m benchmarks.hunt --jobs 8
	$(BIN)/python -m benchmarks.soundness.independent --max-requests 1000
	$(PYTHON) -m venv build/django
	build/django/bin/python -m pip install --quiet --disable-pip-version-check -r tests/servers/django_server/requirements.txt
	npm install --no-package-lock --silent --no-audit --no-fund --prefix build/express $$(cd tests/servers/express_server && node -p 'Object.entries(require("./package.json").dependencies).map(d => d.join("@")).join(" ")')
	$(BIN)/python -m benchmarks.soundness.real_servers --minutes 60 --stock
	$(BIN)/python -m benchmarks.soundness.sound
	$(BIN)/python -m benchmarks.soundness.garbled
	$(BIN)/python -m benchmarks.soundness.mutants
	$(BIN)/python -m benchmarks.soundness.noticed
	$(BIN)/python -m benchmarks.soundness.capsules
	$(BIN)/python -m benchmarks.soundness.incomplete
	$(PYTHON) -m venv build/mitmproxy
	build/mitmproxy/bin/python -m pip install --quiet --disable-pip-version-check mitmproxy
	$(BIN)/python -m benchmarks.recorder.proxy

clean:
	rm -rf $(VENV) .dev build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
