# Every target sets up what it needs: a virtual environment in .venv with the packages of requirements/dev.lock.

# What to install: [dev] has all; EXTRAS= is enough to grade.
EXTRAS ?= [dev]
INSTALL_ARGS ?= --official
include $(dir $(lastword $(MAKEFILE_LIST)))setup.mk

SUBMISSION ?=
ASSIGNMENT := weight_initialization
# For what these programs start themselves. The recipes name programs by their path: make 3.81, which macOS has, looks
# for them with the PATH that it was started with.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# pytest's options, for one test: make test PYTEST_ARGS="-k timeout -x"
# A file's tests share what it makes, so a file stays with one worker, and conftest.py says which files come first.
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
# `setup` comes before whatever needs it, also under make -j.
.NOTPARALLEL:
.PHONY: help demo check grade test quick mutants fuzz coverage calibrate lint types unit format bench chaos class bench-sandbox bench-attacks doctor clean test-tools newest lock schema wheel version picture desk-pictures student-repo gradescope
.PHONY: release drift page hooks settings collect autograde regrade triage mark formgrader formgrader-server feedback export

help: ## List what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

demo: setup ## Grade a small class of sample submissions, right and wrong; reports go to build/
	$(BIN)/python -m tests.support.demo build

check: setup ## Students: check your own notebook with the judge that grades
	$(BIN)/autograder check $(if $(SUBMISSION),"$(SUBMISSION)")

grade: setup ## Grade one notebook: make grade SUBMISSION=path/to/notebook.ipynb
	@test -n "$(SUBMISSION)" || { echo "Say which: make grade SUBMISSION=path/to/notebook.ipynb"; exit 2; }
	@mkdir -p build
	$(BIN)/autograder grade "$(SUBMISSION)" --json build/result.json --html build/result.html

test: lint types unit coverage ## Run the whole suite: lint, types, tests, and what the quick ones cover

QUICK := not (slow or frameworks or browser or database or network)
quick: setup ## Run the tests that need no framework, browser, database or network: every room, in a minute
	$(BIN)/pytest $(PYTEST_ARGS) tests/unit tests/specification -m "$(QUICK)"

# The least share of lines and branches that the quick tests of a room run. Lower none; raise it with what you add.
COVERAGE = $(BIN)/coverage report --precision=1
coverage: setup ## Measure which lines and branches the quick tests of judging, grading and reading leave out
	@rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/coverage run -m pytest -q -n 2 -m "$(QUICK) and not hypothesis" \
	  tests/unit/judge tests/unit/grading tests/unit/submission tests/unit/sandbox/test_protocol.py
	$(BIN)/coverage combine --quiet
	$(COVERAGE) --include="autograder/judge/*" --fail-under=97
	$(COVERAGE) --include="autograder/grading/*" --fail-under=93
	$(COVERAGE) --include="autograder/submission/*" --fail-under=99
	$(COVERAGE) --include="autograder/sandbox/protocol.py" --fail-under=94

ROOM ?=
N ?= 200
SEED ?= 1
mutants: setup ## Change N random places, one at a time, and list what no quick test notices: make mutants ROOM=judge N=50 SEED=2
	$(BIN)/python -m tests.support.mutants $(ROOM) --count $(N) --seed $(SEED)

MINUTES ?= 10
TARGET ?=
fuzz: setup ## Try generated input on every reader of untrusted data: make fuzz MINUTES=60 TARGET=wire; without it, on all
	$(BIN)/python -m tests.fuzz $(TARGET) --minutes $(MINUTES)

# Not the folder itself: in a course, it holds students' files.
PROSE = autograder benchmarks calibration tests docs solutions assignment .github $(wildcard *.md *.py *.mk *.toml) Makefile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell $(PROSE)
	$(BIN)/zizmor --quiet --offline --persona pedantic .github
	$(BIN)/actionlint

types: setup
	$(BIN)/mypy

unit: setup test-tools
	$(BIN)/pytest $(PYTEST_ARGS)

# A browser, which no Python package brings. Nothing here stops the tests: those that need what is missing say so.
test-tools: ## Say what the tests need besides Python and is missing; as root, install a browser
	@if [ "$$(id -u)" = 0 ] && ! $(BIN)/python -m tests.support.tools browser >/dev/null 2>&1 \
	  && ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; } \
	    || $(BIN)/python -m playwright install --with-deps chromium || $(BIN)/python -m playwright install chromium \
	    || echo "No browser could be installed."; \
	fi
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m tests.support.tools || true

newest: ## Run the tests with the newest TensorFlow and PyTorch that go together, in .venv-newest
	@$(MAKE) --no-print-directory setup VENV=.venv-newest
	.venv-newest/bin/python install.py --newest --venv .venv-newest
	@$(MAKE) --no-print-directory unit VENV=.venv-newest \
	  PYTEST_ARGS='$(PYTEST_ARGS) --deselect tests/unit/project/test_install.py::test_lock_is_up_to_date'

# constraints.txt says which versions, requirements/*.lock which files. The versions stay; with UPGRADE=yes, the newest come.
UPGRADE ?=
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" \
  --no-annotate --no-emit-package weight-initialization-autograder
WITH_HASHES = $(COMPILE) --generate-hashes --constraints constraints.txt
WITHOUT_TORCH = $(WITH_HASHES) --overrides requirements/overrides.txt pyproject.toml requirements/setup.in

lock: setup ## After a change to the dependencies: bring constraints.txt and the locks in requirements/ up to date
	$(COMPILE) $(if $(UPGRADE),--upgrade) --all-extras pyproject.toml requirements/setup.in -o constraints.txt > /dev/null
	$(WITHOUT_TORCH) -o requirements/grade.lock > /dev/null
	$(WITHOUT_TORCH) --extra student -o requirements/student.lock > /dev/null
	$(WITHOUT_TORCH) --extra dev -o requirements/dev.lock > /dev/null
	$(WITH_HASHES) --no-emit-package triton requirements/torch.in -o requirements/torch-cuda.lock > /dev/null
	@mkdir -p build && sed -n 's/^torch==.*/&+cpu/p' constraints.txt > build/torch-cpu.in
	$(COMPILE) --generate-hashes --torch-backend cpu --no-deps build/torch-cpu.in -o requirements/torch-cpu.lock > /dev/null \
	  || echo "PyTorch's own index is out of reach: requirements/torch-cpu.lock stays as it is."

picture: setup test-tools ## After a change to the feedback: render docs/feedback.png, the README's picture of it
	$(BIN)/python -m tests.support.picture

desk-pictures: setup test-tools ## After a change to the marking desk: render docs/desk-*.png, the guide's pictures of it
	$(BIN)/python -m tests.support.desk_pictures

schema: setup ## After a change to the JSON of a result: write docs/result.schema.json
	$(BIN)/python -m autograder.report.document > docs/result.schema.json

format: setup ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# --- the course: solutions/README.md is the guide ------------------------------------------------------

FROM ?= downloaded
STUDENT ?=
ROSTER ?=
DEADLINE ?=
FORMGRADER_PORT ?= 8888
OPENS ?= /formgrader
ONE_STUDENT = $(if $(STUDENT),--student="$(STUDENT)")

release: setup ## Instructors: make the students' notebook from solutions/, and tell the gradebook
	$(BIN)/nbgrader generate_assignment $(ASSIGNMENT) --force --create

drift: setup ## Check that assignment/ is what `make release` makes of solutions/
	$(BIN)/autograder course release-drift

page: setup ## A notebook as one web page that loads nothing: make page SUBMISSION=path/to/notebook.ipynb
	@test -n "$(SUBMISSION)" || { echo "Say which: make page SUBMISSION=path/to/notebook.ipynb"; exit 2; }
	$(BIN)/autograder page "$(SUBMISSION)"

hooks: setup ## Check formatting, outputs, settings and drift at every commit (pre-commit)
	$(BIN)/pre-commit install

settings: setup ## Show the settings in course.toml
	$(BIN)/autograder course settings

STUDENTS ?= $(ROSTER)
collect: setup ## Take submissions from a folder, a platform's zip or pull requests: FROM=…; STUDENTS=… and DEADLINE=…
	$(BIN)/autograder collect "$(FROM)" $(if $(STUDENTS),--students "$(STUDENTS)") $(if $(DEADLINE),--deadline "$(DEADLINE)")

class: setup ## Grade every submission in a folder without nbgrader: make class FROM=submitted; results in build/class
	$(BIN)/autograder class "$(FROM)" --resume

autograde: setup ## Grade what is new in submitted/, side by side in the sandbox, into the gradebook; STUDENT=... for one
	$(BIN)/nbgrader autograde $(ASSIGNMENT) $(ONE_STUDENT)

regrade: setup ## After a fix to the grader or the points: grade everything again, and say whose score changed
	$(BIN)/autograder course regrade

triage: setup ## List the written answers to read first
	$(BIN)/autograder course triage

mark: OPENS = /desk/
mark: setup formgrader-server ## Mark Q1–Q6 in the browser, question by question: prints the address of the marking desk

formgrader: setup formgrader-server ## The same server, with nbgrader's own pages first: whole submissions, and names

formgrader-server:
	@$(BIN)/jupyter server --no-browser $(if $(filter 0,$(shell id -u)),--allow-root) --ServerApp.ip=127.0.0.1 \
	  --ServerApp.port=$(FORMGRADER_PORT) --ServerApp.root_dir="$(CURDIR)" --ServerApp.default_url=$(OPENS) \
	  --ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=False \
	  --ServerApp.jpserver_extensions=autograder.nbgrader_bridge.formgrader=True

feedback: setup ## Make the pages that go back to students, in feedback/
	$(BIN)/nbgrader generate_feedback $(ASSIGNMENT) --force $(ONE_STUDENT)

export: setup ## Write the grades: build/grades.csv, a column for each question, and build/canvas.csv for Canvas
	@mkdir -p build
	$(BIN)/nbgrader export --exporter=autograder.nbgrader_bridge.export.QuestionsExport --to=build/grades.csv
	$(BIN)/nbgrader export --exporter=autograder.nbgrader_bridge.export.CanvasExport --to=build/canvas.csv

# --- GitHub, and other platforms -------------------------------------------------------------------------

DEST ?=
COURSE ?=
OWNERS ?=

student-repo: setup ## Export the repository that students fork, or update it: make student-repo DEST=../students COURSE=https://…
	@test -n "$(DEST)" || { echo "Say where to: make student-repo DEST=../weight-initialization COURSE=https://…"; exit 2; }
	$(BIN)/autograder course student-repo "$(DEST)" --course "$(COURSE)" --owners "$(OWNERS)"

gradescope: setup ## Make build/gradescope.zip, an autograder to upload to Gradescope
	$(BIN)/autograder course gradescope-zip build/gradescope.zip

wheel: setup ## Make dist/*.whl, the grader for machines without this repository
	@rm -rf build/lib build/bdist.*
	$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --no-index -w dist .

VERSION ?=
version: ## Tag a version that is committed, with its section in CHANGELOG.md: make version VERSION=x.y.z
	@test -n "$(VERSION)" || { echo "Name the version: make version VERSION=x.y.z"; exit 2; }
	@test -z "$$(git status --porcelain)" || { echo "There are changes that are not committed. Commit them first."; exit 2; }
	@grep -qxF '__version__ = "$(VERSION)"' autograder/version.py \
	  || { echo "autograder/version.py has another version. Write $(VERSION) there."; exit 2; }
	@grep -qF '## [$(VERSION)] - ' CHANGELOG.md \
	  || { echo "CHANGELOG.md has no section for it. Begin one: ## [$(VERSION)] - YYYY-MM-DD"; exit 2; }
	git tag -a "v$(VERSION)" -m "Version $(VERSION)"

calibrate: setup ## Simulate thousands of gradings, and grade the reference solution with 200 seeds: are the promises kept?
	$(BIN)/python -m autograder dev calibrate --stability --seeds 200 --only submissions/reference
	$(BIN)/python -m autograder dev calibrate

bench: setup ## Measure seconds a submission, beside the bare imports
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.judge
	$(BIN)/python -m benchmarks.marking
	$(BIN)/python -m benchmarks.desk
	$(BIN)/python -m benchmarks.nbgrader
	$(BIN)/python -m benchmarks.cohort

chaos: setup ## Grade 200 submissions while processes are killed at random, here and on Dask: not a byte may change
	$(BIN)/python -m tests.support.chaos

bench-sandbox: setup ## Measure what confinement costs, what hostile submissions leave behind, and what they change
	$(BIN)/python -m benchmarks.confinement
	$(BIN)/python -m benchmarks.hostile_class

bench-attacks: setup ## Try the attacks on stock nbgrader and on this grader: points gained by each
	$(BIN)/python -m benchmarks.attacks

doctor: setup ## Tell what this machine offers, and whether grades made here can be official
	$(BIN)/autograder doctor

clean: ## Remove what was built (not .venv)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
