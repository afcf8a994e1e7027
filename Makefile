# Everything this project does, one word each.

PYTHON ?= python3
export PYTHON

BIN := .venv/bin
RUN := .venv/.ready-to-run
DEV := .venv/.ready-to-develop
SETUP := tools/setup.sh

.DEFAULT_GOAL := help
.PHONY: help demo check form types fast test live bench fmt changelog-draft changelog clean

help:  ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN)  ## a real supervisord with sample programs, and its events live: ARGS="--seconds 20"
	@$(BIN)/supvisors demo $(ARGS)

check: $(DEV)  ## form, types and fast, side by side: less than a minute
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target form types fast

form: $(DEV)  ## format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)  ## strict types
	$(BIN)/mypy

fast: $(DEV)  ## house rules and all tests that start no supervisord
	$(BIN)/pytest -q -m "not slow" $(ARGS)

test: $(DEV)  ## all tests, those with real supervisords and the examples included
	@sh $(SETUP) cpp
	$(BIN)/pytest $(ARGS)

live: $(DEV)  ## only the tests with real supervisords: ARGS="-k reload"
	$(BIN)/pytest tests/live $(ARGS)

bench: $(DEV)  ## measure the numbers that the documentation quotes
	$(BIN)/python bench/run.py $(ARGS)

fmt: $(DEV)  ## put the sources into the form that `make check` asks for
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

changelog-draft: $(DEV)  ## show what the fragments of changelog.d/ say together
	$(BIN)/towncrier build --draft

changelog: $(DEV)  ## move the fragments of changelog.d/ into CHANGELOG.md, for a release
	$(BIN)/towncrier build --yes

clean:  ## remove all that was made, .venv included
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up runs once, and again when one of these changes. What runs is a part of what develops.
$(RUN): pyproject.toml $(SETUP)
	@sh $(SETUP) run
	@touch $@

$(DEV): pyproject.toml $(SETUP)
	@sh $(SETUP) dev
	@touch $(RUN) $@
