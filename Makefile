# make report installs what a report needs, make test the rest, and both install again when the requirements change.
PYTHON ?= python3
BIN := .venv/bin
export PYTHON
# Or every process compiles all that it imports: TensorFlow takes 12 seconds then, and 5 otherwise.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: report test test-minimums lint coverage mutants faults lock reference lesson paces exercises readme bench soak activations thresholds clean

report: .venv/report
	$(BIN)/fourfold report

test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# The tests with the lowest version of everything that pyproject.toml names, in an environment of its own. Old packages warn
# of what newer ones will take away: that fails no test here. Without PyTorch, whose builds from the default index bring CUDA
# along: make test-minimums EXTRAS=jax,tf,test
EXTRAS ?= all,bench,test
MINIMUMS := .venv-minimums/bin/python

test-minimums:
	$(PYTHON) .ci/minimums .venv-minimums
	$(MINIMUMS) -m pip install --quiet 'pip>=25.1'
	$(MINIMUMS) -m pip install --no-compile --constraint .venv-minimums/constraints.txt --editable '.[$(EXTRAS)]'
	$(MINIMUMS) -m pytest -n 2 --dist loadgroup -W ignore::DeprecationWarning

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

# Every line and branch of the judge, and of what finds a rejection, must be reached by its own tests.
coverage: .venv/ready
	$(BIN)/python -m coverage run -m pytest -q $(addprefix tests/test_,$(addsuffix .py,limits judge bounds truth products agree suites layers locate own_columns optimizer_judge half_precision))
	$(BIN)/python -m coverage report

# The judge, changed in every small way: what no test notices is printed, and explained in tests/mutants.md. It takes a while.
# One function of it: make mutants MUTANTS="fourfold.compare.judge.bounds.x_gamma*"
mutants: .venv/ready
	rm -rf mutants && mkdir -p mutants/fourfold
	cp -r impls compare reports mutants/fourfold && cp -r tests pyproject.toml mutants
	cd mutants && nice $(abspath $(BIN))/python -m mutmut run --max-children 2 $(MUTANTS)
	cd mutants && $(abspath $(BIN))/python -m mutmut results

# What only a night has time for: thousands of inputs, signals at many moments, 1,000 runs on end.
faults: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadgroup --hypothesis-profile=nightly --hypothesis-show-statistics --timeout 7200 \
		$(addprefix tests/test_,$(addsuffix .py,fuzz faults signals moments disk growth mechanisms deep deep_agree))

# requirements.lock: what constraints.txt stands for on this system and this Python, with every file's hash. Without PyTorch,
# whose builds for one version differ from place to place.
lock: .venv/ready
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-annotate \
		--no-allow-unsafe --unsafe-package fourfold --no-emit-find-links --no-emit-index-url --no-emit-trusted-host \
		--extra jax --extra tf --extra bench --extra test --constraint constraints.txt --output-file requirements.lock pyproject.toml

reference: .venv/ready
	$(BIN)/fourfold report --curves sigmoid,tanh,identity $(addprefix --bench ,$(wildcard reports/reference/bench.json)) --out reports/out/reference
	mkdir -p reports/reference
	cd reports/out/reference && cp report.md result.json *.svg *.csv ../../reference/
	$(MAKE) exercises
	$(MAKE) lesson
	$(BIN)/python -m reports.readme

# The committed lesson, and README's loop of it, which is taken in a browser (Chromium or Chrome).
lesson: .venv/ready
	$(BIN)/fourfold lesson --out reports/out/lesson
	cp reports/out/lesson/index.html reports/reference/lesson.html
	$(BIN)/python -m tests.makers.loop reports/reference/lesson.html reports/reference/lesson.gif

# How long the lesson's page takes to show, to follow the slider, to train.
paces: .venv/ready
	$(BIN)/python -m tests.makers.paces reports/reference/lesson.html

exercises: .venv/ready
	$(BIN)/fourfold exercise all --out reports/out/exercises
	mkdir -p reports/reference/exercises
	cd reports/out/exercises && cp answers.md answers.json *.svg ../../reference/exercises/

readme: .venv/ready
	$(BIN)/python -m reports.readme
	$(BIN)/python -m reports.description

bench: .venv/ready
	$(BIN)/fourfold bench --json reports/reference/bench.json
	$(BIN)/python -m reports.readme

# A long search for a false alarm, which goes on where it was: make soak SOAK="--configurations 10000 --numbers 1e9"
soak: .venv/ready
	$(BIN)/python -m tests.makers.soak $(SOAK)

# The error of each library's sigmoid and tanh, for which the limits allow a constant.
activations: .venv/ready
	$(BIN)/python -m tests.makers.activations

# How small a fault in one number is sure to be rejected, case by case.
thresholds: .venv/ready
	$(BIN)/python -m tests.makers.thresholds

.venv/report: pyproject.toml constraints.txt
	@.ci/install all "the four frameworks (about 3.3 GB)"
	@touch $@

.venv/ready: .venv/report
	@.ci/install dev "what the tests need (about 0.7 GB more)"
	@mkdir -p .venv/lib/link && ln -sfn ../../.. .venv/lib/link/fourfold
	@touch $@

clean:
	rm -rf .venv .venv-minimums build dist reports/out .pytest_cache .ruff_cache .hypothesis .coverage mutants
