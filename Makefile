# make demo: the two networks of docs/walkthrough.md on real hosts. make test: everything that CI runs.
SHELL := /bin/sh
PYTHON := lab/python
STACK ?=

.PHONY: demo test test-unit test-all lint format bench clean

demo:
	@$(PYTHON) -m lab.demo $(STACK)

# Each of four workers has a lab of its own (tests/lab/conftest.py names them): the demo's stays as
# it is. A fifth one runs tests without hosts meanwhile (tests/scheduling.py). What one file tests runs
# on one worker, in order; long files begin first (tests/conftest.py).
TEST_LABS := test-gw0 test-gw1 test-gw2 test-gw3
PYTEST := $(PYTHON) -m pytest -n $(words $(TEST_LABS) none) --dist loadfile --no-loadscope-reorder

.PHONY: $(TEST_LABS)

$(TEST_LABS):
	@CROSSHOST_LAB_NAME=$@ $(PYTHON) -m lab prepare

test: $(TEST_LABS)
	@$(MAKE) --no-print-directory lint
	$(PYTEST) -m "not long"

test-all: $(TEST_LABS)
	@$(MAKE) --no-print-directory lint
	$(PYTEST)

test-unit:
	$(PYTHON) -m pytest tests/unit

# Schemas that GitHub's and GitLab's files have; the package brings them along.
SCHEMA := $(PYTHON) -m check_jsonschema --quiet --builtin-schema
GITLAB := --data-transform gitlab-ci

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy __main__.py stacks components crosshost planning reports ci lab standins tests
	$(PYTHON) -m lab.actionlint
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) vendor.github-actions .github/actions/*/action.yml
	$(SCHEMA) vendor.gitlab-ci $(GITLAB) .gitlab-ci.yml

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	$(PYTHON) -m stacks.schema
	$(PYTHON) -m stacks.reference
	$(PYTHON) -m reports.strategies
	$(PYTHON) -m reports.pictures

bench:
	$(PYTHON) -m lab.bench
	$(PYTHON) -m lab.bench_swarm

clean:
	$(PYTHON) -m lab clean
	for name in $(TEST_LABS); do CROSSHOST_LAB_NAME=$$name $(PYTHON) -m lab clean; done
	rm -rf .crosshost .mypy_cache .pytest_cache .ruff_cache .hypothesis
