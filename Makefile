# Everything this project does, one word each.

PYTHON ?= python3
export PYTHON

BIN := .venv/bin
RUN := .venv/.ready-to-run
DEV := .venv/.ready-to-develop
SETUP := tools/setup.sh
MVN := mvn --batch-mode --quiet --file clients/java/pom.xml

.DEFAULT_GOAL := help
.PHONY: help demo check form types fast test live live-long events-long soak fuzz sim bench fmt clients dist client-java client-cpp fuzz-java fuzz-cpp changelog-draft changelog clean

help:  ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN)  ## three real hosts, what is done to them, and their events live: ARGS="--seconds 20"
	@$(BIN)/supvisors demo $(ARGS)

check: $(DEV)  ## form, types and fast, side by side: about a minute
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target form types fast

form: $(DEV)  ## format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)  ## strict types
	$(BIN)/mypy

fast: $(DEV)  ## house rules and all tests that start no supervisord
	$(BIN)/pytest -q -m "not slow" $(ARGS)

test: $(DEV)  ## all tests, those with real supervisords and the examples included
	@sh $(SETUP) cpp
	@sh $(SETUP) java
	@sh $(SETUP) net
	$(MVN) verify
	$(BIN)/pytest $(ARGS)

live: $(DEV)  ## only the tests with real supervisords: ARGS="-k reload"
	$(BIN)/pytest tests/live $(ARGS)

live-long: $(DEV)  ## the tests of several hosts, as long as what is claimed of them takes
	@sh $(SETUP) net
	SUPVISORS_LIVE_LONG=1 $(BIN)/pytest tests/live -k "cluster or netns" $(ARGS)

events-long: $(DEV)  ## floods of 200,000 updates at readers that sleep; restarts and kills, 100 times
	SUPVISORS_EVENTS_LONG=1 $(BIN)/pytest tests/publisher/test_events.py tests/journal/test_killed.py $(ARGS)

soak: $(DEV)  ## readers that sleep in floods of 200,000 updates, all killed and restarted 100 times: 20 minutes
	SUPVISORS_SOAK=1 $(BIN)/pytest -rP tests/soak tests/live/test_synchronised.py $(ARGS)

fuzz: $(DEV)  ## feed the decoder of the bus with bent envelopes: SECONDS=600
	PYTHONPATH=. $(BIN)/python tests/contract/fuzz_codec.py $(or $(SECONDS),60)

clients: $(DEV)  ## build the clients of the other languages, test them, and all side by side
	@sh $(SETUP) cpp
	@sh $(SETUP) java
	$(MVN) verify
	$(BIN)/pytest tests/clients tests/docs/test_cpp_page.py $(ARGS)

client-java: $(DEV)  ## build and test the Java client: clients/java/target/*.jar
	@sh $(SETUP) java
	$(MVN) verify
	$(BIN)/pytest tests/clients/test_java.py $(ARGS)

fuzz-java:  ## feed the decoders of the Java client with any bytes, ten minutes for each dialect
	@sh $(SETUP) java
	JAZZER_FUZZ=1 $(MVN) test -Dtest='DecoderFuzzTest#dialect1'
	JAZZER_FUZZ=1 $(MVN) test -Dtest='DecoderFuzzTest#dialect2'

dist: $(DEV)  ## what a release consists of, in dist/: the wheel and the jars
	@sh $(SETUP) java
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(MVN) verify
	cp clients/java/target/supvisors-client-*.jar dist/

client-cpp: $(DEV)  ## build and test the C++ client
	@sh $(SETUP) cpp
	$(BIN)/pytest tests/clients/test_cpp.py tests/docs/test_cpp_page.py $(ARGS)

fuzz-cpp:  ## feed the C++ client with any bytes, under clang's sanitizers: SECONDS=600
	@sh $(SETUP) cpp
	cmake -S clients/cpp -B build/cpp-fuzz -DCMAKE_CXX_COMPILER=clang++ -DSUPVISORS_EXAMPLES=OFF \
	  -DSUPVISORS_FUZZ=ON -DSUPVISORS_SANITIZERS=address,undefined
	cmake --build build/cpp-fuzz
	$(PYTHON) clients/cpp/fuzz/seeds.py wire build/cpp-fuzz/corpus
	cd build/cpp-fuzz && fuzz/decode_fuzz -max_len=20000 -print_final_stats=1 \
	  -max_total_time=$(or $(SECONDS),60) corpus

sim: $(DEV)  ## simulated systems, one for each seed: SEEDS=1000, or one of them: SEED=7 TRACE=1
	@$(BIN)/python -m tests.sim $(if $(SEED),--seed $(SEED) $(if $(TRACE),--trace),\
	  --seeds $(or $(SEEDS),100)) $(ARGS)

bench: $(DEV)  ## measure the numbers that the documentation quotes
	$(BIN)/python bench/run.py $(ARGS)

fmt: $(DEV)  ## put the sources into the form that `make check` asks for
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

changelog-draft: $(DEV)  ## show what the fragments of changelog.d/ say together
	$(BIN)/towncrier build --draft

changelog: $(DEV)  ## move the fragments of changelog.d/ into CHANGELOG.md, for a release
	$(BIN)/towncrier build --yes

clean:  ## remove all that was made, .venv included
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up runs once, and again when one of these changes. What runs is a part of what develops.
$(RUN): pyproject.toml $(SETUP)
	@sh $(SETUP) run
	@touch $@

$(DEV): pyproject.toml $(SETUP)
	@sh $(SETUP) dev
	@touch $(RUN) $@
