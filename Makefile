# SPDX-License-Identifier: Apache-2.0
# Needs python3 (>= 3.11), make and git; every target sets up what it needs. `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A machine may forbid Python to keep compiled modules; then each program that a test starts compiles them all again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
SETUP := .venv/.setup
WORKERS ?= 2
# Options for pytest: `make test PYTEST="-k seal"`.
PYTEST ?=
# Options for what `make run` serves: `make run RUN="--guard-port 8600 --port 8700 --home var/other"`.
RUN ?=

.PHONY: help setup run test test-only test-web system-packages bench bench-oracle lint format docs lock coverage clean
.PHONY: audit sbom web api lint-python lint-web checks-web faults fuzz soak

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-16s %s\n", $$1, $$2}'

# Without Node and without a network (3) the API still runs; the console's page then says what to do.
console = bash scripts/web.sh build || [ $$? = 3 ]

setup: $(SETUP) ## make .venv with the locked packages and .venv/bin/counterseal, build the console
	@$(console)

$(SETUP): requirements.lock pyproject.toml scripts/setup.sh scripts/uv.requirements.txt
	@bash scripts/setup.sh

run: $(SETUP) ## run the June 2024 attack under two policies, then serve the console and an exchange to click through
	@$(BIN)/python -m examples.exchange run --check $(RUN)
	@$(console)
	$(BIN)/counterseal demo --out var/demo
	$(BIN)/python -m examples.exchange run $(RUN)

web: $(SETUP) ## build the console of web/ into the package; nothing to do if web/ did not change
	@bash scripts/web.sh build

api: $(SETUP) ## write the types of the console's API client from the OpenAPI document
	@bash scripts/web.sh api

# The checks and what tests need, side by side, the output of each in one piece; then the tests.
SIDE_BY_SIDE := -j 3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

test: $(SETUP) ## lint, install what tests need where allowed, run all tests
	@$(MAKE) --no-print-directory $(SIDE_BY_SIDE) system-packages lint-python checks-web
	@$(MAKE) --no-print-directory test-only

test-only: $(SETUP) ## all tests, nothing else
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST)

test-web: $(SETUP) ## unit tests of the console
	@bash scripts/web.sh test

# One after the other: they share web/node_modules.
checks-web: $(SETUP)
	@bash scripts/web.sh build
	@bash scripts/web.sh lint
	@bash scripts/web.sh test

system-packages: ## install (or name) the system packages that some tests need
	@bash scripts/system_packages.sh

ops-check: $(SETUP) ## as root: build as the Containerfile does, serve as another user on a read-only tree
	bash ops/container/check.sh

bench: $(SETUP) ## measure; results as JSON and as a table in docs
	$(BIN)/python -m tests.bench

bench-profile: $(SETUP) ## where the server's CPU goes: docs/bench/profile.json
	$(BIN)/python -m tests.bench.profile

bench-growth: $(SETUP) ## what 10^6 accounts and 10^7 log entries cost: hours, some 55 GB; docs/bench/growth.json
	$(BIN)/python -m tests.bench.growth

bench-desk: $(SETUP) ## compare the desk's PDF check with others over the forged orders; docs/bench/desk.json
	$(BIN)/python -m tests.corpus.bench

bench-oracle: $(SETUP) system-packages ## compare the prover with SPIN and Z3 at length; results in docs/bench/oracle.json
	$(BIN)/python -m tests.oracle

# `make test` makes 6 requests of each kind for each operation.
EXAMPLES ?= 60
fuzz: $(SETUP) ## requests made from the OpenAPI document, sound and broken, EXAMPLES (60) for each operation
	COUNTERSEAL_TEST_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/fuzz --timeout=0 $(PYTEST)

# Random faults, ROUNDS times; SEED repeats a run, and each run says its own.
ROUNDS ?= 5
faults: $(SETUP) ## kill, tear, fill, cut and freeze at random on both engines (ROUNDS=5, SEED=)
	COUNTERSEAL_TEST_FAULTS=$(ROUNDS) $(if $(SEED),COUNTERSEAL_TEST_SEED=$(SEED)) \
		$(BIN)/python -m pytest tests/faults -s --timeout=0 $(PYTEST)

soak: $(SETUP) ## mixed load for SOAK_MINUTES (20): memory, files, threads and queues must stay flat
	$(BIN)/python -m tests.soak

lint: lint-python lint-web ## ruff, mypy --strict, import contracts; tsc and eslint for the console

lint-python: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	@mkdir -p var
	$(BIN)/lint-imports >var/lint-imports.txt 2>&1 || { cat var/lint-imports.txt; exit 1; }
	@tail -n 1 var/lint-imports.txt | sed '/^$$/d'

lint-web: $(SETUP)
	@bash scripts/web.sh lint

format: $(SETUP) ## rewrite the sources in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(SETUP) ## write docs/reference from the program and check the links
	$(BIN)/python scripts/asvs.py
	$(BIN)/python scripts/docs.py

audit: $(SETUP) ## ask the advisory services about every locked package (needs a network; 3 = could not ask)
	$(BIN)/python scripts/audit.py

sbom: $(SETUP) ## write the bill of materials (CycloneDX) to var/sbom.json; fails on a licence that is not allowed
	$(BIN)/python scripts/bill.py var/sbom.json

lock: $(SETUP) ## write requirements.lock from pyproject.toml (UPGRADE=1: newer versions)
	@bash scripts/lock.sh

coverage: $(SETUP) ## tests with branch coverage
	@mkdir -p var/coverage
	$(BIN)/coverage run -m pytest $(PYTEST)
	$(BIN)/coverage combine && $(BIN)/coverage report

clean: ## remove the environments, caches and what programs left
	rm -rf .venv .venv-tools web/node_modules src/counterseal/http/console var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
