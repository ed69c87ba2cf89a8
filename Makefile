# make demo: both of the notes' networks on real hosts. make test: everything that CI runs.
SHELL := /bin/sh
PYTHON := lab/python
STACK ?=

.PHONY: demo test test-unit test-all lint format bench clean

demo:
	@$(PYTHON) -m lab.demo $(STACK)

# The tests have a lab of their own: the demo's stays as it is.
test test-all: export CROSSHOST_LAB_NAME = test

test:
	@$(PYTHON) -m lab prepare
	@$(MAKE) --no-print-directory lint
	$(PYTHON) -m pytest -m "not long"

test-all:
	@$(PYTHON) -m lab prepare
	@$(MAKE) --no-print-directory lint
	$(PYTHON) -m pytest

test-unit:
	$(PYTHON) -m pytest tests/unit

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy __main__.py stacks components planning reports lab tests

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	$(PYTHON) -m stacks.schema
	$(PYTHON) -m stacks.reference

bench:
	$(PYTHON) -m lab.bench

clean:
	$(PYTHON) -m lab clean
	CROSSHOST_LAB_NAME=test $(PYTHON) -m lab clean
	rm -rf .crosshost .mypy_cache .pytest_cache .ruff_cache .hypothesis
