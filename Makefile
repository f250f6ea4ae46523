# Every task of this project. `make` alone lists them.
# What is installed goes into .venv/ and tests/checks/node_modules/, and is installed again only when a list changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
RUN_READY := $(VENV)/run.stamp
SOURCES := wsgi.py gunicorn.conf.py $(wildcard sets/*.py sets/*/*.py)
BYTECODE := $(VENV)/bytecode.stamp
DEV_READY := $(VENV)/dev.stamp
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --resolver=backtracking
EXTRACT := mkdir -p translations && $(BIN)/pybabel --quiet extract --mapping-file=babel.cfg --keyword=_l --keyword=lazy_gettext --keyword=_n:1,2 --keyword=lazy_ngettext:1,2 \
	--no-location --sort-output --project=SETS --output-file=translations/messages.pot sets
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench lock translations language clean
.DELETE_ON_ERROR:

help: ## list these tasks
	@echo "Tasks of this project:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN_READY) $(COMPILED) $(BYTECODE) ## install what the site needs, compile the translations

run: setup ## start the site and its worker on this machine
	@SETS_ENV="$${SETS_ENV:-local}" exec $(BIN)/python -m sets.start

test: $(DEV_READY) $(COMPILED) ## run every test (ARGS="tests/registration -k place" runs some)
	@sh tests/checks/install.sh
	$(BIN)/python -m pytest $(ARGS)

check: $(DEV_READY) ## check formatting, style and types
	@sh tests/checks/install.sh node
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

format: $(DEV_READY) ## put the code into its format
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

bench: $(DEV_READY) $(COMPILED) $(BYTECODE) ## measure speed and cost against the floors of the same run
	$(BIN)/python -m bench $(ARGS)

lock: $(DEV_READY) ## choose the versions again (ARGS=--upgrade takes the newest)
	$(LOCK) $(ARGS) --output-file=requirements.txt requirements.in
	$(LOCK) $(ARGS) --output-file=requirements-dev.txt requirements-dev.in

translations: $(DEV_READY) ## collect the sentences to translate into every language's file
	$(EXTRACT)
	$(BIN)/pybabel --quiet update --input-file=translations/messages.pot --output-dir=translations \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=110
	@rm translations/messages.pot

language: $(DEV_READY) ## begin a language, L=pt for Portuguese
	@test -n "$(L)" || { echo "Say which language: make language L=pt" >&2; exit 2; }
	@test ! -e translations/$(L) || { echo "translations/$(L) is there already; make translations updates it." >&2; exit 2; }
	$(EXTRACT)
	$(BIN)/pybabel --quiet init --input-file=translations/messages.pot --output-dir=translations --locale=$(L)
	@rm translations/messages.pot
	@echo "Next: add the row $(L) to sets/languages.py, then translate translations/$(L)/LC_MESSAGES/messages.po."

clean: ## remove what was installed (instance/ stays)
	rm -rf $(VENV) tests/checks/node_modules $(COMPILED)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "Python 3.11 or newer is needed. On Debian: apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, this is $$($(PYTHON) -V). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's module venv is missing. On Debian: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(DEV_READY): requirements-dev.txt $(RUN_READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

%.mo: %.po | $(RUN_READY)
	@$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@

# Python is told in some places (containers, CI) to keep nothing compiled: each start would then compile the site anew.
$(BYTECODE): $(SOURCES) | $(RUN_READY)
	@$(BIN)/python -m compileall -q $(SOURCES)
	@touch $@
