# make run    sets everything up and reads digits from the camera (or from the recorded clip)
# make test   sets everything up, with TensorFlow, and runs the tests
# ARGS="…"    is handed on: make run ARGS="--source photo.jpg"

PYTHON := $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python,$(shell \
	$(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $(name))))
BIN := .venv/bin

.PHONY: run test clean

run: .venv/run.done
	@$(BIN)/python -m recognizer $(ARGS)

test: .venv/test.done
	@$(BIN)/python -m pytest $(ARGS)

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "make: expected Python 3.11 to 3.13 on the path, found none: install one" >&2; exit 1; }
	@$(PYTHON) -c 'import platform, struct, sys; \
		mac = sys.platform == "darwin" and platform.machine() == "x86_64"; \
		sys.exit("make: expected 64-bit Linux, Windows or a Mac with Apple silicon, found %s %s: the runtime ai-edge-litert \
has no package for it" % (platform.system(), platform.machine()) if mac or struct.calcsize("P") < 8 else 0)'
	$(PYTHON) -m venv .venv

.venv/run.done: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/test.done: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[archive,mqtt,train,test,web]'
	@touch $@ .venv/run.done

clean:
	rm -rf .venv build dist
