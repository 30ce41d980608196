# Every target sets up what it needs: a virtual environment in .venv with pinned versions.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt
SUBMISSION ?=
ASSIGNMENT := weight_initialization
export PATH := $(CURDIR)/$(BIN):$(PATH)
# pytest's options, for one test: make test PYTEST_ARGS="-k timeout -x"
PYTEST_ARGS ?= -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help setup demo check grade test lint types unit format release bench bench-sandbox bench-attacks doctor clean

help: ## List what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: $(VENV)/.ready ## Make .venv and install everything in it

$(VENV)/.ready: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV): a few minutes, once."
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv module is missing (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[dev]' \
	  || { echo; echo "Installing failed. If pip found no torch with '+cpu': constraints.txt asks for PyTorch's CPU build"; \
	       echo "on Linux, so that nobody downloads gigabytes of CUDA unawares. Set PIP_EXTRA_INDEX_URL to the CPU"; \
	       echo "package index that PyTorch's own 'Get Started' page names, or, to take the CUDA build on purpose:"; \
	       echo "    sed 's/+cpu//' constraints.txt > build-constraints.txt && make CONSTRAINTS=build-constraints.txt $(MAKECMDGOALS)"; \
	       exit 1; }
	@$(BIN)/autograder doctor > /dev/null \
	  || { echo; echo "*** Note well: this machine cannot make official grades. ***"; $(BIN)/autograder doctor || true; echo; }
	@touch $@

demo: setup ## Grade a small class of sample submissions, right and wrong; reports go to build/
	python -m tests.demo build

check: setup ## Students: check your own notebook with the judge that grades
	autograder check $(if $(SUBMISSION),"$(SUBMISSION)")

grade: setup ## Grade one notebook: make grade SUBMISSION=path/to/notebook.ipynb
	@test -n "$(SUBMISSION)" || { echo "Say which: make grade SUBMISSION=path/to/notebook.ipynb"; exit 2; }
	@mkdir -p build
	autograder grade "$(SUBMISSION)" --json build/result.json --html build/result.html

test: lint types unit ## Run the whole suite: lint, types, tests

lint: setup
	ruff check .
	ruff format --check .

types: setup
	mypy

unit: setup
	pytest $(PYTEST_ARGS)

format: setup ## Format the code and fix what can be fixed
	ruff check --fix .
	ruff format .

release: setup ## Instructors: make the students' notebook from solutions/
	@mkdir -p build
	nbgrader generate_assignment $(ASSIGNMENT) --force --create --db "sqlite:///$(CURDIR)/build/release.db"

bench: setup ## Measure seconds a submission, beside the bare imports
	python -m tests.benchmarks.throughput
	python -m tests.benchmarks.judge

bench-sandbox: setup ## Measure what confinement costs, and what 200 submissions, a fifth hostile, leave behind
	python -m tests.benchmarks.confinement

bench-attacks: setup ## Try the attacks on stock nbgrader and on this grader: points gained by each
	python -m tests.benchmarks.attacks

doctor: setup ## Tell what this machine offers, and whether grades made here can be official
	autograder doctor

clean: ## Remove what was built (not .venv)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
