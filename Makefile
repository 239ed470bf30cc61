# make demo and make test set up everything they need; nothing else has to be read or installed.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto

.PHONY: demo test quick format lint docs bench test-lowest sample clean

$(VENV)/.demo: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/kgspatial demo

test: lint
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile

quick: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m "not browser and not realdata and not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict --quiet --site-dir site

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

sample: $(VENV)/.dev
	$(BIN)/python data/make_sample.py data/sample

# Old versions warn about each other: here only results count.
test-lowest:
	rm -rf $(VENV)-lowest
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet uv
	$(VENV)-lowest/bin/uv pip install --quiet --python $(VENV)-lowest/bin/python --resolution lowest-direct -e '.[test]'
	$(VENV)-lowest/bin/python -m pytest -q -n $(WORKERS) --dist loadfile -o filterwarnings= -m "not browser and not realdata"

clean:
	rm -rf $(VENV) $(VENV)-lowest build dist out kgspatial-demo
