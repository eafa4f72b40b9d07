# One verb a line of work. `make demo` and `make test` set everything up on their first run.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= runs/demo
LOOP ?= runs/loop
WORKERS ?= 3  # of `make test`, on two cores: the tests of deployments and interrupts mostly wait

unexport PYTHONDONTWRITEBYTECODE  # hundreds of processes of the tests would compile the project again

.PHONY: demo demo-loop test quick lint format setup up down

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Installing NeMo, torch, Prefect and what they need into $(VENV): four to eight minutes"
	$(PYTHON) -m venv $(VENV)
	deployments/install.sh $(VENV) nemo,riva,pools,tracking,speech,import
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	deployments/install.sh $(VENV) dev
	touch $@

demo: setup
	$(BIN)/python reference/benchmark.py --out $(DEMO) --policy reference/demo.yaml
	$(BIN)/flywheel cycle $(DEMO) 1

demo-loop: setup
	$(BIN)/python reference/loop.py --out $(LOOP)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder  # tests/order.py has the order

quick: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not slow" tests/tasks/domain tasks/domain

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

up: setup
	VENV=$(abspath $(VENV)) deployments/up.sh

down:
	deployments/down.sh
