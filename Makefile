# `make run` opens the lab; `make check` runs the quick tests, `make test` every test that can run here. Both make .venv from pinned versions.

PYTHON ?= python3
# Tests start hundreds of engines; with compiled files each starts in two thirds of the time.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check
INSTALL_SELF = $(PIP) install --no-deps --no-build-isolation --editable .

.PHONY: run check test interop simulation chaos twins siege bench fuzz coverage lint format peers clean

run: $(VENV)/run.done
	@$(BIN)/vrrptui lab

# What needs no root, no terminal and no second: for use while you work, beside `make lint`.
SLOW_ROOMS := interop lab fuzz simulation siege twins
check: $(VENV)/dev.done
	$(BIN)/pytest -n 2 -m "not netns and not terminal and not slow" -q $(SLOW_ROOMS:%=--ignore=tests/%)

test: $(VENV)/dev.done peers
	.ci/as-root $(BIN)/pytest -n 2 -m "not netns and not terminal" -q
	.ci/as-root $(BIN)/pytest -n 3 -m "(netns or terminal) and not matrix" -q

# Every scenario with every peer in every dialect; each run's capture is kept and judged. Half an hour on two cores.
interop: $(VENV)/dev.done peers
	.ci/as-root $(BIN)/pytest tests/interop -n 3 -q

# Many more networks than `make test` draws: SEEDS=100000 for a night.
SEEDS ?= 5000
simulation: $(VENV)/dev.done
	VRRPTUI_SEEDS=$(SEEDS) $(BIN)/pytest tests/simulation -n 2 -q

# Random keys at consoles, and random blows for an engine: so many seconds of each kind.
CHAOS_SECONDS ?= 120
CHAOS_SEED ?= 1
chaos: $(VENV)/dev.done peers
	$(BIN)/python -m tests.chaos $(CHAOS_SECONDS) $(CHAOS_SEED)

# keepalived and the engine side by side, with configurations and events that SEED draws, for so many SECONDS; or every
# keepalived.conf in the folder FILES. A case that fails is made smaller and kept in .twins.
SECONDS ?= 600
SEED ?= 1
JOBS ?= 4
twins: $(VENV)/dev.done peers
	$(BIN)/python -m tests.twins --seconds $(SECONDS) --seed $(SEED) --jobs $(JOBS) $(if $(FILES),--files $(FILES))

# Floods over the control socket, of the kernel's reports and on the segment against a master at 100 ms, SIEGE_SECONDS each.
SIEGE_SECONDS ?= 10
siege: $(VENV)/dev.done peers
	$(BIN)/python -m tests.siege $(SIEGE_SECONDS)

bench: $(VENV)/dev.done peers
	$(BIN)/python -m tests.bench

# A million executions of each target in tests/fuzz, then the configuration's parser for FUZZ_SECONDS. What breaks one
# lies here as fuzz-TARGET-crash-..., or in .fuzz.
FUZZ_SECONDS ?= 600
fuzz: $(VENV)/dev.done
	$(BIN)/python -m tests.fuzz
	@mkdir -p .fuzz
	$(BIN)/python -m tests.fuzz.fuzz_configuration .fuzz/corpus -artifact_prefix=.fuzz/ -max_total_time=$(FUZZ_SECONDS)

# Every line of the package that the tests ran, in the engines and commands that they start as well; a page in .coverage.d.
coverage: $(VENV)/dev.done peers
	rm -rf .coverage.d
	-.ci/as-root $(BIN)/coverage run -m pytest -n 2 -m "not matrix and not terminal" -q
	$(BIN)/coverage combine -q
	$(BIN)/coverage html -q
	$(BIN)/coverage report --format=total | sed "s/.*/& % of the lines were run; see .coverage.d\/html\/index.html/"

lint: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(VENV)/dev.done
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The real routers and tools that the tests speak to; installed as root on Debian, else those tests skip and say so.
peers:
	@.ci/peers

$(VENV)/run.done: requirements/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement requirements/run.txt
	$(INSTALL_SELF)
	@touch $@

$(VENV)/dev.done: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement requirements/dev.txt
	$(INSTALL_SELF)
	@touch $@ $(VENV)/run.done

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .fuzz
