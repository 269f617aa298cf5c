# make report and make test set everything up by themselves; .venv is made anew when the requirements change.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: report test lint reference readme bench clean

report: .venv/ready
	$(BIN)/fourfold report

test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

reference: .venv/ready
	$(BIN)/fourfold report --curves sigmoid,tanh,identity --out reports/out/reference
	mkdir -p reports/reference
	cd reports/out/reference && cp report.md result.json *.svg *.csv ../../reference/
	$(BIN)/python -m reports.readme

readme: .venv/ready
	$(BIN)/python -m reports.readme

bench: .venv/ready
	$(BIN)/fourfold bench

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist reports/out .pytest_cache .ruff_cache .hypothesis .coverage
