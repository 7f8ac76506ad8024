# make demo    the main job on a small folder of real pictures
# make test    everything that is tested, on real PostgreSQL and real Azurite
# make bench   the figures: ratios within one run; ARGS=--quick only shows that the benchmarks work
# make check   linters and types, also of hand-written migrations, how long files are, that what was released is unchanged
# make release VERSION=1.2.0   a release, in this repository; DRY=1 changes nothing (CONTRIBUTING.md)
PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/installed
HAND_WRITTEN := $(filter-out %.base.sql %.rollback.sql,$(wildcard migrations/*.sql))

.PHONY: demo test bench check format documents lock release clean

demo: $(INSTALLED)
	$(BIN)/python examples/demo.py

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks $(ARGS)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.check_sizes
	$(BIN)/python -m tools.released
	$(if $(HAND_WRITTEN),$(BIN)/squawk $(HAND_WRITTEN))

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What follows from something else: from sql/documents its rows and compiled functions; the methods of the
# blocking store; the list of commands; from comments on functions the SQL reference
documents: $(INSTALLED)
	$(BIN)/python tools/documents_to_sql.py
	$(BIN)/python -m tools.blocking_methods
	$(BIN)/python -m tools.commands_reference
	$(BIN)/python -m tools.sql_reference

release: $(INSTALLED)
	$(BIN)/python -m tools.release $(VERSION) $(if $(DRY),--dry-run) $(ARGS)

# New versions of the dependencies, with hashes and without addresses
lock: $(INSTALLED)
	$(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet \
		--upgrade --group dev --extra local --extra plots --extra keyvault --extra identity \
		pyproject.toml --output-file requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf .venv .local dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
