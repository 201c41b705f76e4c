# make demo     the whole path on bundled digits, then the page (ARGS="--no-serve" ends before it)
# make install  .venv with all extras and the tools that the tests need
# make test     lint, types, import floors and every test
# make bench    the figures of README.md, beside other packages; FEWCLICKS_DATA names the data sets
# make experiments  the tables of the papers, beside ours, in results/
# make build    wheel and sdist in dist/
# make clean    remove what the others made
#
# One environment serves all: `make demo` puts the core into it, and what `make install` adds to it
# later does not disturb the demo. Stamps in it remember what is installed.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BENCH_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RESULTS := results
IN_TURN := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: demo install test test-page test-others lint bench experiments build clean

demo: $(VENV)/core.stamp
	$(BIN)/fewclicks demo $(ARGS)

install: $(VENV)/full.stamp

test: lint
	# side by side, as tests of the page mostly wait; apart, as an open browser changes what other
	# tests of its process see
	$(MAKE) --no-print-directory --jobs=2 --keep-going $(IN_TURN) test-page test-others

test-page:
	$(BIN)/python -m pytest --durations=20 tests/browser

test-others:
	$(BIN)/python -m pytest --durations=20 --ignore tests/browser

lint: $(VENV)/full.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/bench.stamp
	mkdir -p $(RESULTS)
	for workflow in fewclicks confusion_area; do \
		$(BIN)/python -m benchmarks.efficiency --dataset mnist --workflow $$workflow \
			--json $(RESULTS)/efficiency-$$workflow.json $(BENCH_ARGS) || exit 1; \
	done
	for what in import knn vq som cdd round augment export; do \
		$(BIN)/python -m benchmarks.speed --what $$what \
			--json $(RESULTS)/speed-$$what.json $(BENCH_ARGS) || exit 1; \
	done
	$(BIN)/python -m benchmarks.page --json $(RESULTS)/page.json $(BENCH_ARGS)
	for what in encode map engine judge codebook predict neighbours page export growth; do \
		$(BIN)/python -m benchmarks.scale --what $$what \
			--json $(RESULTS)/scale-$$what.json $(BENCH_ARGS) || exit 1; \
	done
	$(BIN)/python -m benchmarks.clusterers --dataset mnist --json $(RESULTS)/clusterers.json $(BENCH_ARGS)
	$(BIN)/python -m benchmarks.compare --dataset mnist --out $(RESULTS)/compare-mnist \
		--json $(RESULTS)/compare-mnist.json $(BENCH_ARGS)
	for what in accuracy scale; do \
		$(BIN)/python -m benchmarks.strategies --what $$what \
			--json $(RESULTS)/strategies-$$what.json $(BENCH_ARGS) || exit 1; \
	done

	$(BIN)/python -m benchmarks.guarantees --outputs $(RESULTS)/outputs \
		--json $(RESULTS)/guarantees.json $(BENCH_ARGS)

experiments: $(VENV)/full.stamp
	for what in hwang_confusion_area baum_synthesis threshold_mnist kumar_letters stabinger_guided \
		mousavi_plud mousavi_interface; do \
		$(BIN)/python -m experiments.$$what --out $(RESULTS)/$$what \
			--json $(RESULTS)/$$what.json $(BENCH_ARGS) || exit 1; \
	done

build: $(VENV)/full.stamp
	rm -rf dist
	$(BIN)/python -m build --outdir dist

clean:
	rm -rf $(VENV) build dist demo $(RESULTS) .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		.import_linter_cache

$(VENV)/made.stamp:
	$(PYTHON) -c 'import sys; sys.exit("fewclicks needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/core.stamp: $(VENV)/made.stamp pyproject.toml
	$(PIP) --editable .
	touch $@

$(VENV)/full.stamp: $(VENV)/made.stamp pyproject.toml constraints.txt
	$(PIP) --constraint constraints.txt --editable '.[web,postgres,torch,photos,ray,balance,layout,audit,dev]'
	touch $(VENV)/core.stamp $@

$(VENV)/bench.stamp: $(VENV)/full.stamp
	$(PIP) --constraint constraints.txt --editable '.[bench]'
	# it comes as source only, so it is no part of the extra
	$(PIP) --constraint constraints.txt 'graphlearning>=1.7.5' \
		|| echo "graphlearning needs a C compiler; it is left out of benchmarks.compare"
	touch $@
