# Peko. `make run` serves the samples, `make test` runs everything; both install and build what they need, and only that.
# Build outputs stay in build/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
# The steps of one target run in their order, also under make -j; cargo and ninja use JOBS by themselves.
.NOTPARALLEL:

PORT ?= 3000
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 3600
PEKO := build/release/peko

export PATH := $(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
export CARGO_BUILD_JOBS := $(JOBS)
export JOBS

title = @printf '==> %s\n'

.PHONY: help
help: ## Says what can be made
	@printf 'Peko: run functions of any language, each in a sandbox of its own.\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \2/p' Makefile | sed 's/^  make \([a-z-]*\) /  make \1\t/' | expand -t 16
	@printf '\nVariables: PORT=%s  JOBS=%s  FUZZ_SECONDS=%s  SOAK_SECONDS=%s  PREFIX=%s\n' '$(PORT)' '$(JOBS)' '$(FUZZ_SECONDS)' '$(SOAK_SECONDS)' '$(PREFIX)'

.PHONY: run
run: build samples ## Serves the samples on http://127.0.0.1:$PORT
	@exec $(PEKO) dev samples --listen 127.0.0.1:$(PORT)

.PHONY: test
test: toolchain build/release/build.ninja samples guests js peers s3-servers ## Builds everything and runs all tests
	$(title) 'Building the tests'
	@ninja -C build/release -j $(JOBS)
	$(title) 'Running the tests'
	@ctest --test-dir build/release --output-on-failure --no-tests=error -j $(JOBS)

.PHONY: build
build: js build/release/build.ninja ## Builds the release binary, build/release/peko
	$(title) 'Building peko (release)'
	@ninja -C build/release -j $(JOBS) peko

.PHONY: screenshots
screenshots: build guests ## Makes the pictures in docs/images again, by the tests in a browser
	@for test in pages inspector_page; do \
	  PEKO_BIN=$(CURDIR)/$(PEKO) PEKO_SCREENSHOTS=docs/images /usr/bin/python3 -B tests/e2e/$${test}_test.py || exit 1; done

.PHONY: fmt
fmt: setup ## Formats the C++ and Rust code
	@scripts/setup.sh lint
	@scripts/format.sh

.PHONY: lint
lint: build ## Checks format, clang-tidy, clippy and shellcheck (ALL=1: all files)
	@scripts/setup.sh lint
	@scripts/lint.sh build/release

# Tests that measure memory or time know by PEKO_SANITIZER that a sanitizer changes both.
.PHONY: asan tsan
asan: ## Runs the tests under the address and undefined behaviour sanitizers
tsan: ## Runs the tests under the thread sanitizer
asan tsan: %: toolchain build/%/build.ninja samples guests js peers s3-servers
	$(title) 'Building the tests ($@)'
	@ninja -C build/$@ -j $(JOBS)
	$(title) 'Running the tests ($@)'
	@ctest --test-dir build/$@ --output-on-failure --no-tests=error -LE tidy -j $(JOBS)

.PHONY: bench
bench: build samples guests peers s3-servers ## Measures peko against its peers (CASES="hello ssr": only these)
	@scripts/setup.sh bench
	@scripts/bench-peers.sh
	$(title) 'Building the generator of load'
	@ninja -C build/release -j $(JOBS) peko_load http_floor
	@PEKO_BIN=$(abspath $(PEKO)) bench/run $(CASES)

.PHONY: bench-gate
bench-gate: build samples ## Counts instructions of a warm request and its parts; fails at 5 % more (UPDATE=1: new baseline)
	@scripts/setup.sh bench
	$(title) 'Building the benchmarks'
	@ninja -C build/release -j $(JOBS) peko_micro
	$(title) 'Counting instructions'
	@bench/gate.py $(if $(UPDATE),--update)

.PHONY: soak
soak: build samples guests ## Mixes hostile and friendly load for SOAK_SECONDS: nothing lost, memory flat
	$(title) 'Soaking for $(SOAK_SECONDS) s'
	@PEKO_BIN=$(abspath $(PEKO)) SOAK_SECONDS=$(SOAK_SECONDS) python3 -B tests/soak/soak.py

.PHONY: fuzz
fuzz: toolchain build/fuzz/build.ninja ## Fuzzes each parser for FUZZ_SECONDS
	$(title) 'Building the fuzzers'
	@ninja -C build/fuzz -j $(JOBS) fuzzers
	@scripts/fuzz.sh $(FUZZ_SECONDS)

# What `make install` does, without building: packagers give DESTDIR. Each file is what the binary itself prints.
PREFIX ?= /usr/local
SHARE := $(DESTDIR)$(PREFIX)/share
.PHONY: install install-files
install: build install-files ## Installs peko, its manual page and completions below $PREFIX
install-files:
	@install -D -m 755 $(PEKO) $(DESTDIR)$(PREFIX)/bin/peko
	@install -d $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions \
	  $(SHARE)/fish/vendor_completions.d
	@$(PEKO) man >$(SHARE)/man/man1/peko.1
	@$(PEKO) completion bash >$(SHARE)/bash-completion/completions/peko
	@$(PEKO) completion zsh >$(SHARE)/zsh/site-functions/_peko
	@$(PEKO) completion fish >$(SHARE)/fish/vendor_completions.d/peko.fish
	$(title) 'Installed below $(DESTDIR)$(PREFIX)'

.PHONY: docs
docs: build guests samples ## Records docs/terminal.md, and what README.md shows of it, anew
	$(title) 'Recording docs/terminal.md and README.md'
	@PEKO_BIN=$(abspath $(PEKO)) python3 -B tests/e2e/terminal.py docs/terminal.md README.md

.PHONY: clean
clean: ## Removes everything that was built
	rm -rf build

# What the others need.

.PHONY: setup
setup:
	@scripts/setup.sh

# The compilers of guests: Rust's wasm target, the JavaScript tools.
.PHONY: toolchain
toolchain: setup
	@scripts/toolchain.sh

.PHONY: samples
samples: toolchain
	@scripts/build-samples.sh

.PHONY: guests
guests: toolchain
	@tests/guests/build.sh

.PHONY: peers
peers: toolchain
	@tests/peers/install.sh

# Status 77: one of them cannot be had here, which it has told; its tests are skipped.
.PHONY: s3-servers
s3-servers: toolchain
	@scripts/s3_servers.sh || [ $$? -eq 77 ]

.PHONY: js
js: setup
	@js/build.sh

# Once per build folder; after that ninja configures again by itself when a CMake file changes.
build/%/build.ninja: CMakePresets.json | setup
	$(title) 'Configuring $*'
	@cmake --preset $* --log-level=WARNING
