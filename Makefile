# Two commands on a fresh machine: make demo, make test. Both make their own environment in .venv.

PYTHON ?= python3
BIN := .venv/bin
comma := ,
# Spark runs on Java; without it the demo shows pandas and Dask.
DEMO_EXTRAS := local,dask,plot$(if $(shell command -v java),$(comma)spark)
# What is never imported need not be compiled: that would be half of the time.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt

.PHONY: help demo test check types tests tests-servers tests-connect tests-engine tests-command doctests docs tests-docs bench dist clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/demo: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) --editable ".[$(DEMO_EXTRAS)]"
	@touch $@

.venv/dev: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) --editable ".[dev]"
	@touch $@

.venv/models: .venv/dev engine/dfai_engine/manifest.toml
	$(BIN)/dfai models pull text embed nlp vision face speech
	@touch $@

demo: .venv/demo ## Run the main job on the embedded engine, on real texts
	$(BIN)/python examples/quickstart.py

# Two at a time: types are checked while weights are fetched, and so on.
test: .venv/dev ## Everything: lint, types, import rules, tests on every backend
	@$(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) check types tests tests-servers tests-connect tests-engine tests-command doctests tests-docs

check: .venv/dev ## Lint, formatting, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/dev ## Type checkers, and how many of the public names they know
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python tests/type_completeness.py

# The tests start many short-lived Javas: to compile for peak speed would cost more than it brings, and half of what a start
# takes is loading classes, which an archive spares.
JAVA := -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
ARCHIVED := -XX:SharedArchiveFile=$(CURDIR)/.venv/spark.jsa -Xlog:disable
tests tests-servers tests-connect tests-engine tests-command: export JDK_JAVA_OPTIONS := $(JAVA) $(ARCHIVED) $(JDK_JAVA_OPTIONS)

.venv/spark.jsa: export JDK_JAVA_OPTIONS := $(JAVA)
.venv/spark.jsa: .venv/dev
	@$(BIN)/python -W ignore tests/java_archive.py $@ || echo "Java keeps no classes here: the tests take longer"

# What starts servers and jobs of its own, and waits for them more than it computes.
SERVERS := cluster deploy e2e faults planted
# What runs in this process, or on files, and is soon done.
ENGINE := engine
COMMAND := benchmarks cli

tests: .venv/models .venv/spark.jsa ## The tests of the core, the accessor and the backends
	$(BIN)/pytest --durations=12 $(addprefix --ignore=tests/,$(SERVERS) $(ENGINE) $(COMMAND) docs)

tests-servers: .venv/models .venv/spark.jsa ## The tests that start servers, clusters and jobs
	$(BIN)/pytest --durations=12 $(addprefix tests/,$(SERVERS))

tests-engine: .venv/models .venv/spark.jsa ## The tests of the models
	$(BIN)/pytest --durations=12 $(addprefix tests/,$(ENGINE))

tests-command: .venv/models .venv/spark.jsa ## The tests of the command and the benchmarks
	$(BIN)/pytest --durations=12 $(addprefix tests/,$(COMMAND))

# A process holds either a classic Spark session or a Connect one. Dask's frames were shown above.
tests-connect: .venv/models .venv/spark.jsa ## The behaviour of the backends again, on Spark Connect
	$(BIN)/pytest --durations=12 tests/behaviour $(addprefix tests/backends/test_spark,.py _pages.py _pays_once.py _pipelines.py _sql.py _sql_names.py _streams.py) --on spark-connect -k "not dask" --ignore=tests/behaviour/test_vision_engine.py

doctests: .venv/models ## The examples in docstrings
	$(BIN)/pytest --durations=12 --doctest-modules accessor backends core engine

# What mkdocs-material says of its maker's plans is no warning about these pages.
docs tests-docs: export NO_MKDOCS_2_WARNING := 1

docs: .venv/dev ## Build the documentation: open out/site/index.html, no network needed
	$(BIN)/mkdocs build --strict

tests-docs: .venv/dev ## The samples of the documentation, and its site
	$(BIN)/pytest --durations=12 tests/docs

# Other tools for frames want other versions of libraries than ours, so that they have an environment of their own.
.venv-bench/tools: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade pip
	.venv-bench/bin/python -m pip install --quiet --editable ".[bench]"
	@touch $@

bench: .venv/dev ## Measure speed, peers side by side, in one run
	@$(MAKE) .venv-bench/tools || echo "the other tools could not be installed: their rows will say so"
	$(BIN)/python -m benchmarks

dist: .venv/dev ## Build wheel and sdist, look at both, try the wheel in an empty environment
	$(BIN)/python deploy/release.py

clean: ## Remove the environments and what was built
	rm -rf .venv .venv-bench dist build out .mypy_cache .pytest_cache .ruff_cache .hypothesis
