# Two commands: `make run` and `make test`. Both set up what they need and say what they do.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

DATA ?= data
LISTEN ?= 127.0.0.1:8080
say = @printf '\n\033[1m── %s\033[0m\n'

.PHONY: help run test check ui ui-test rust-test browser-test bench peers publish-check soak docs clean-data

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ui ## build everything and serve it on http://localhost:8080
	$(say) "Building the server (a first build takes some minutes)"
	cargo build --release --package althing-server
	$(say) "Serving http://$(LISTEN) with the data folder ./$(DATA) (Ctrl-C stops it)"
	./target/release/althing serve --data "$(DATA)" --listen "$(LISTEN)"

test: ## set up and run everything: checks, Rust suites, UI tests, browser journeys
	@scripts/setup.sh
	@$(MAKE) --no-print-directory ui ui-test rust-test browser-test
	$(say) "Everything passed"

check: ## the quick loop: format, lints, house rules, Rust suites
	$(say) "Formatting, lints and the rules of the house"
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo run --quiet --package xtask -- check
	$(say) "Rust suites"
	cargo test --workspace

ui: ui/node_modules/.installed ## build the web app into ui/build
	$(say) "Building the web app"
	cd ui && npm run --silent build

ui/node_modules/.installed: ui/package-lock.json
	$(say) "Installing the web app's packages"
	cd ui && npm ci --no-audit --no-fund
	@touch $@

ui-test: ui/node_modules/.installed
	$(say) "Checking and testing the web app"
	cd ui && npm run --silent check && npm test --silent && npm run --silent budget

rust-test:
	$(say) "Formatting, lints and the rules of the house"
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo run --quiet --package xtask -- check
	$(say) "Rust suites (units, contract of the backbone, journeys against the real binary)"
	cargo build --workspace --all-targets
	cargo test --workspace
	$(say) "The same suites on PostgreSQL"
	@# The whole workspace again: another choice of packages would have to be built anew.
	cargo run --quiet --package xtask -- with postgres -- cargo test --workspace

browser-test: ui/node_modules/.installed
	$(say) "Browser journeys in Chromium"
	cargo build --package althing-server
	cd ui && npm run --silent journeys && npm run --silent test:pages

bench: ## print the figures of docs/performance.md, as ratios within one run
	cargo build --release --package althing-server
	cargo run --release --package althing-bench

peers: ## the same work with other libraries beside the backbone (fifteen minutes, and as many to install them first)
	$(say) "Measuring other libraries beside the backbone (see bench/peers/README.md)"
	cargo run --quiet --package xtask -- with --durable postgres -- bench/peers/run

publish-check: ## package the three library crates as a registry would get them, and build the packages (some minutes)
	$(say) "Packaging althing-db, althing-backbone-macros and althing-backbone (a dry run: nothing is uploaded)"
	@# What cargo unpacked and built for an earlier dry run it takes again, by name and version, however it has changed.
	rm -rf target/publish-check "$${CARGO_HOME:-$$HOME/.cargo}"/registry/src/-*/althing-*
	cargo publish --dry-run --target-dir target/publish-check --package althing-db --package althing-backbone-macros --package althing-backbone

# A name that selects nothing must not pass for a test that holds.
exactly_one = --nocapture | tee /dev/stderr | grep 'test result: ok. 1 passed' > /dev/null

soak: ## the long forms of the kill and stress tests, in release (an hour and a quarter after the build)
	$(say) "1,000 kills of the server, on SQLite"
	ALTHING_KILLS=1000 cargo test --release --package althing-server --test it -- kill::what_was $(exactly_one)
	$(say) "1,000 kills of the backbone alone, on SQLite"
	ALTHING_KILLS=1000 cargo test --release --package althing-backbone --test it -- under_fire::killed $(exactly_one)
	$(say) "300 kills of three servers, PostgreSQL, Redis and a follower"
	ALTHING_KILLS=300 cargo test --release --package althing-server --test it -- kill::several $(exactly_one)
	$(say) "Two hundred requests at random to every route, and frames to every socket"
	ALTHING_HOSTILE=200 cargo test --release --package althing-server --test it -- bad_input::hostile --nocapture | tee /dev/stderr | grep 'test result: ok. 3 passed' > /dev/null
	$(say) "Half an hour of stalls, roll-backs and new leaders for the sequencer"
	ALTHING_STRESS_SECONDS=1800 cargo test --release --package althing-backbone --lib -- sequencer::tests::stress $(exactly_one)

docs: ## write the generated references under docs/
	cargo run --quiet --package xtask -- docs

clean-data: ## throw away the data folder of `make run`
	rm -rf "$(DATA)"
