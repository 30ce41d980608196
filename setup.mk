# The set-up that every target needs, for instructors and students alike: install.py makes the environment in .venv.

VENV ?= .venv
BIN := $(VENV)/bin
# The first of these that TensorFlow and PyTorch can be installed with. Each is tried by running it: a name on the PATH
# may be dead, too old or too new. Or say which: make PYTHON=python3.12
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11 python; do \
  $$each install.py --fits >/dev/null 2>&1 && { echo $$each; break; }; done)
INSTALL_ARGS ?=
# Packages are installed again only if a file that lists them changes.
INSTALLED := $(VENV)/.installed-$(or $(subst ],,$(subst [,,$(EXTRAS))),grade)

# An environment that another folder made (this one was moved or copied), or whose Python is gone, is made anew; and
# whoever names a Python gets it.
MADE_HERE := $(shell $(BIN)/python -c '' 2>/dev/null && test "$$(cat $(VENV)/.made-in 2>/dev/null)" = "$$(pwd -P)" && echo yes)
ifneq ($(MADE_HERE)$(filter command line,$(origin PYTHON)),yes)
$(INSTALLED): made-anew
endif

.PHONY: setup made-anew
setup: $(INSTALLED) ## Make .venv and install everything in it

$(INSTALLED): install.py pyproject.toml $(wildcard requirements/*.lock)
	@python="$(PYTHON)"; if [ -z "$$python" ]; then python3 install.py --fits; \
	  echo "No Python that will do was found: 3.11, 3.12 or 3.13 with its venv module. Say which: make PYTHON=…"; exit 1; fi; \
	"$$python" install.py --venv "$(VENV)" $(INSTALL_ARGS) "$(EXTRAS)"
	@touch "$@"
