# `make` alone lists the commands. Each of them works on a bare machine: the environment in .venv is
# made when it is missing or out of date, and left alone otherwise.

PYTHON  ?= python3
WORKERS ?= 2
LAB     ?=

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

# The tools of the environment (node among them) come before those of the machine.
IN := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: help lab slides rehearsal hall test notebooks check-fresh picture chromium environment clean

help:
	@echo 'make lab          open the lectures in JupyterLab'
	@echo 'make slides       build the decks and their scripts into slides/built'
	@echo 'make rehearsal    list the slides of each talk with minutes and running total'
	@echo 'make hall         build all that goes into the hall: decks, PDFs, scripts, copies, hand-outs'
	@echo 'make test         check everything: lint, library, notebooks, slides in a browser'
	@echo 'make notebooks    run the notebooks and store what they say'
	@echo 'make check-fresh  fail if a notebook would say something else than it stores'
	@echo 'make picture      photograph an explorable for README and docs'
	@echo 'make chromium     provide the browser that the slide tests drive'
	@echo 'make clean        remove the environment and everything built'
	@echo
	@echo 'PYTHON=python3.12 chooses the Python, WORKERS=4 the number of test processes,'
	@echo 'LAB=--no-browser is handed on to JupyterLab.'

lab: environment
	@$(IN) $(BIN)/python -m jupyterlab --config=tools/jupyter_lab_config.py $(LAB)

slides: environment
	@$(IN) $(BIN)/python -m slides.build

rehearsal: environment
	@$(IN) $(BIN)/python -m slides.rehearse

# Built from one state of the notebooks, looked at in a browser, and held against each other.
hall: environment chromium
	@$(IN) $(BIN)/python -m slides.build
	@$(IN) $(BIN)/python -m slides.copies
	@$(IN) $(BIN)/python -m slides.handout
	@$(IN) $(BIN)/python -m slides.printing
	@$(IN) $(BIN)/python -m slides.gate
	@$(IN) $(BIN)/python -m slides.agree

# pytest says last how it went; the line above its last one says how long all of this took.
test: export LECTURE_TEST_STARTED := $(shell date +%s)
test: environment chromium
	@$(IN) $(BIN)/python -m ruff check .
	@$(IN) $(BIN)/python -m ruff format --check .
	@$(IN) $(BIN)/python -m pytest -n $(WORKERS)

notebooks: environment
	@$(IN) $(BIN)/python -m tools.store_outputs

check-fresh: environment
	@$(IN) $(BIN)/python -m tools.store_outputs --check

# The pictures in docs/: an explorable everywhere it lives, photographed by the tests that move it.
picture: environment chromium
	@$(IN) LECTURE_PICTURES=docs $(BIN)/python -m pytest -q -n 0 tests/test_lab.py tests/test_page.py tests/test_slides.py

chromium:
	@bash tools/install_chromium.sh

environment:
	@command -v $(PYTHON) >/dev/null || { echo 'There is no "$(PYTHON)" here. Install Python 3.11 or newer from your system or from python.org, or name yours: make lab PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) tools/environment.py

clean:
	rm -rf .venv slides/built slides/node_modules build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
