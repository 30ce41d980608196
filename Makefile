# Every target sets up what it needs: a virtual environment in .venv with pinned versions.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt
# pyproject.toml's optional parts: [dev] has all; EXTRAS= is enough to grade.
EXTRAS ?= [dev]
SUBMISSION ?=
ASSIGNMENT := weight_initialization
export PATH := $(CURDIR)/$(BIN):$(PATH)
# pytest's options, for one test: make test PYTEST_ARGS="-k timeout -x"
PYTEST_ARGS ?= -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help setup demo check grade test lint types unit format bench chaos class bench-sandbox bench-attacks doctor clean test-tools newest student-repo gradescope
.PHONY: release drift page hooks settings collect autograde regrade triage formgrader formgrader-server feedback export

help: ## List what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: $(VENV)/.ready ## Make .venv and install everything in it

$(VENV)/.ready: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV): a few minutes, once."
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv module is missing (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.$(EXTRAS)' \
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
	zizmor --quiet --offline --persona pedantic .github
	actionlint

types: setup
	mypy

unit: setup test-tools
	pytest $(PYTEST_ARGS)

# A browser, which no Python package brings. Nothing here stops the tests: those that need what is missing say so.
test-tools: ## Say what the tests need besides Python and is missing; as root, install a browser
	@if [ "$$(id -u)" = 0 ] && ! $(BIN)/python -m tests.tools browser >/dev/null 2>&1 \
	  && ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; } \
	    || $(BIN)/python -m playwright install --with-deps chromium || $(BIN)/python -m playwright install chromium \
	    || echo "No browser could be installed."; \
	fi
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m tests.tools || true

newest: ## Run the tests with the newest TensorFlow and PyTorch that go together, in .venv-newest
	@$(MAKE) --no-print-directory setup VENV=.venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade torch tensorflow-cpu keras numpy scipy
	@$(MAKE) --no-print-directory unit VENV=.venv-newest

format: setup ## Format the code and fix what can be fixed
	ruff check --fix .
	ruff format .

# --- the course: solutions/README.md is the guide ------------------------------------------------------

FROM ?= downloaded
STUDENT ?=
ROSTER ?=
DEADLINE ?=
FORMGRADER_PORT ?= 8888
ONE_STUDENT = $(if $(STUDENT),--student="$(STUDENT)")

release: setup ## Instructors: make the students' notebook from solutions/, and tell the gradebook
	nbgrader generate_assignment $(ASSIGNMENT) --force --create

drift: setup ## Whether assignment/ is what `make release` makes of solutions/
	python -m autograder.course.drift

page: setup ## A notebook as one web page that loads nothing: make page SUBMISSION=path/to/notebook.ipynb
	@test -n "$(SUBMISSION)" || { echo "Say which: make page SUBMISSION=path/to/notebook.ipynb"; exit 2; }
	jupyter nbconvert --to autograder.course.page.NotebookPage --output-dir build "$(SUBMISSION)"

hooks: setup ## Check formatting, outputs, settings and drift at every commit (pre-commit)
	pre-commit install

settings: setup ## Say what course.toml sets
	autograder settings

collect: setup ## Take submissions from a folder or zip, or, with ROSTER=… DEADLINE=…, from pull requests: FROM=…
	autograder collect "$(FROM)" $(if $(ROSTER),--roster "$(ROSTER)") $(if $(DEADLINE),--deadline "$(DEADLINE)")

class: setup ## Grade every submission in a folder without nbgrader: make class FROM=submitted; results in build/class
	autograder class "$(FROM)" --resume

autograde: setup ## Grade what is new in submitted/, in the sandbox; STUDENT=... for one
	nbgrader autograde $(ASSIGNMENT) $(ONE_STUDENT)

regrade: setup ## After a fix to the grader or the points: grade everything anew, and say who moved
	autograder regrade

triage: setup ## Say which written answers to look at first
	autograder triage

formgrader: setup formgrader-server ## Grade Q1–Q6 in the browser: starts the formgrader, prints its address

formgrader-server:
	@jupyter server --no-browser $(if $(filter 0,$(shell id -u)),--allow-root) --ServerApp.ip=127.0.0.1 \
	  --ServerApp.port=$(FORMGRADER_PORT) --ServerApp.root_dir="$(CURDIR)" --ServerApp.default_url=/formgrader

feedback: setup ## Make the pages that go back to students, in feedback/
	nbgrader generate_feedback $(ASSIGNMENT) --force $(ONE_STUDENT)

export: setup ## Write the grades: build/grades.csv, a column a question, and build/canvas.csv for Canvas
	@mkdir -p build
	nbgrader export --exporter=autograder.course.export.QuestionsExport --to=build/grades.csv
	nbgrader export --exporter=autograder.course.export.CanvasExport --to=build/canvas.csv

# --- GitHub, and other platforms -------------------------------------------------------------------------

DEST ?=
OWNERS ?=
TORCH_INDEX ?=
LOCK ?=

student-repo: setup ## Export what students fork, or bring it up to date: make student-repo DEST=../students
	@test -n "$(DEST)" || { echo "Say where to: make student-repo DEST=../weight-initialization"; exit 2; }
	python -m autograder.course.student_repo "$(DEST)" --owners "$(OWNERS)" --torch-index "$(TORCH_INDEX)" $(if $(LOCK),--lock)

gradescope: setup ## Make build/gradescope.zip, an autograder to upload to Gradescope
	python -m autograder.course.gradescope build/gradescope.zip

bench: setup ## Measure seconds a submission, beside the bare imports
	python -m tests.benchmarks.throughput
	python -m tests.benchmarks.judge
	python -m tests.benchmarks.nbgrader
	python -m tests.benchmarks.cohort

chaos: setup ## Grade 200 submissions while processes are killed at random, here and on Dask: not a byte may change
	python -m tests.chaos

bench-sandbox: setup ## Measure what confinement costs, and what 200 submissions, a fifth hostile, leave behind
	python -m tests.benchmarks.confinement

bench-attacks: setup ## Try the attacks on stock nbgrader and on this grader: points gained by each
	python -m tests.benchmarks.attacks

doctor: setup ## Tell what this machine offers, and whether grades made here can be official
	autograder doctor

clean: ## Remove what was built (not .venv)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
