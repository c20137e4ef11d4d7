# Every target sets up what it needs; nothing has to be installed before.
PYTHON ?= python3
KERAS_BACKEND ?= jax
BACKENDS := jax tensorflow torch
# The lowest Keras that pyproject.toml allows.
KERAS_LOWEST := 3.10.0

DEMO_VENV := .venv-$(KERAS_BACKEND)
TEST_VENV := .venv
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check -c constraints.txt

export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test test-slow lint clean

demo: $(DEMO_VENV)/.installed  ## distil real digits, 10 and 1 images per class
	KERAS_BACKEND=$(KERAS_BACKEND) $(DEMO_VENV)/bin/python examples/quickstart.py --images-per-class 1
	KERAS_BACKEND=$(KERAS_BACKEND) $(DEMO_VENV)/bin/python examples/quickstart.py --images-per-class 10

test: lint $(BACKENDS:%=test-%) test-lowest test-once  ## everything, on all three backends

# JAX compiles many small programs here, and runs each a few times.
PYTEST := JAX_DISABLE_MOST_OPTIMIZATIONS=1 $(TEST_VENV)/bin/python -m pytest -n 2

test-%: $(TEST_VENV)/.installed
	KERAS_BACKEND=$* $(PYTEST) -m "not slow and not once"

test-once: $(TEST_VENV)/.installed
	KERAS_BACKEND=jax $(PYTEST) -m "once and not slow"

test-lowest: $(TEST_VENV)/.installed .keras-lowest/.installed  ## the lowest Keras allowed
	KERAS_BACKEND=jax PYTHONPATH=.keras-lowest KERAS_EXPECTED=$(KERAS_LOWEST) \
		$(PYTEST) -m "not slow and not once"

test-slow: $(TEST_VENV)/.installed  ## trainings of minutes
	KERAS_BACKEND=$(KERAS_BACKEND) $(TEST_VENV)/bin/python -m pytest -m slow

lint: $(TEST_VENV)/.installed  ## style and types
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/basedpyright

$(DEMO_VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEMO_VENV)
	$(DEMO_VENV)/bin/python $(PIP_INSTALL) -e ".[$(KERAS_BACKEND),images,report,selection]"
	touch $@

$(TEST_VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/python $(PIP_INSTALL) -e ".[jax,tensorflow,torch,datasets,dev]"
	touch $@

.keras-lowest/.installed: $(TEST_VENV)/.installed
	$(TEST_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --upgrade --target .keras-lowest keras==$(KERAS_LOWEST)
	touch $@

clean:
	rm -rf .venv .venv-* .keras-lowest build dist output *.egg-info
