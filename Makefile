# Python 3.11 or newer with pip is all this needs. ARGS are passed on: make demo ARGS="--port 9000".

PYTHON ?= python3
STAMP := .venv/installed

.PHONY: demo test check bench docs

demo: $(STAMP)
	@.venv/bin/python manage.py demo $(ARGS)

test: $(STAMP)
	.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

bench: $(STAMP)
	.venv/bin/python -m tests.bench.staging $(ARGS)

docs: $(STAMP)
	.venv/bin/python -m erpstaging.catalogue.described > docs/entities.md

check: $(STAMP)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

$(STAMP): requirements.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@
