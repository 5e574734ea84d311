# Two commands: `make run` and `make test`. Both set up what they need and say what they do.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

DATA ?= data
LISTEN ?= 127.0.0.1:8080
say = @printf '\n\033[1m── %s\033[0m\n'

.PHONY: help run test check ui ui-test rust-test browser-test bench soak docs clean-data

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

browser-test: ui/node_modules/.installed
	$(say) "Browser journeys in Chromium"
	cargo build --package althing-server
	cd ui && npm run --silent journeys && npm run --silent test:pages

bench: ## print the figures of docs/performance.md, as ratios within one run
	cargo build --release --package althing-server
	cargo run --release --package althing-bench

soak: ## the long forms of the kill and stress tests
	$(say) "Long kill tests (takes an hour or so)"
	ALTHING_KILLS=1000 cargo test --release --package althing-server --test it -- kill --nocapture
	ALTHING_KILLS=1000 cargo test --release --package althing-backbone --test it -- kill --nocapture

docs: ## write the generated references under docs/
	cargo run --quiet --package xtask -- docs

clean-data: ## throw away the data folder of `make run`
	rm -rf "$(DATA)"
