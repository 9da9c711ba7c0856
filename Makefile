# Python 3.11 or newer with pip is all this needs. ARGS are passed on: make demo ARGS="--port 9000".

PYTHON ?= python3
STAMP := .venv/installed

.PHONY: demo test check bench docs texts

demo: $(STAMP)
	@.venv/bin/python manage.py demo $(ARGS)

test: $(STAMP)
	.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

bench: $(STAMP)
	.venv/bin/python -m tests.bench.staging $(ARGS)

docs: $(STAMP)
	.venv/bin/python -m erpstaging.catalogue.described > docs/entities.md

# Needs GNU gettext. Styleguide and demo are for developers, commands for operators: they stay English.
texts: $(STAMP)
	.venv/bin/python manage.py makemessages -l de --no-location --no-wrap -i ".venv" -i tests -i var -i "erpstaging/demo/*" \
		-i "*/migrations/*" -i "*/management/*" -i "*styleguide*"
	.venv/bin/python manage.py compilemessages -l de

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
