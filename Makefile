# make demo    builds the wallet and demonstrates it, on SQLite and a nats-server that it finds or installs
# make up      a local stack in ./data, until Ctrl-C
# make test    installs the tools that the tests need, and runs all checks
# make model   model-checks every interleaving of small worlds
# make fuzz    a million damaged messages of each kind
# make bench   measures this machine, on SQLite and PostgreSQL
# make compare runs alternatives to the wallet under the same load and the same faults
SHELL := bash
.DEFAULT_GOAL := demo
.PHONY: demo up test lint purity doc unit deny advisories model fuzz bench compare compose-test tools

# Where scripts/install-tools puts the tools that tests need and the machine lacks.
TOOLS := .tools
export PATH := $(CURDIR)/$(TOOLS)/bin:$(PATH)
CARGO := cargo --locked
WALLET := target/release/wallet
PROGRAMS := -p debit-svc -p credit-svc -p ledger-svc -p wallet


.PHONY: build
build:
	$(CARGO) build --release $(PROGRAMS)

demo: build
	$(WALLET) demo

up: build
	$(WALLET) up

test: tools lint purity doc unit deny
	@echo "all checks passed"

# Checks that need no build come first, so that they fail early.
lint:
	cargo fmt --all --check
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings

# The rules do no I/O: the pure crates depend on no runtime, database or network library. The engine, the model and the simulation depend
# on tokio, but on no database, broker or HTTP library. Only wallet-db may use SQL libraries, plus two tools that talk to PostgreSQL from
# outside: the local stack creates databases, and the comparison implements other systems. The client library parses no command line and
# serves nothing. Nothing depends on the command line, and the view of a flow depends on no service.
PURE := wallet-contract wallet-kernel wallet-invariants wallet-view debit-core credit-core ledger-core
ENGINE := wallet-engine wallet-model sim
SQL := wallet-db wallet-stack wallet-compare
USERS := -e normal --depth 1 --prefix depth
NAMES := sed -n 's/^1\([^ ]*\) .*/\1/p' | sort -u
purity:
	@without() { \
	  tree=$$($(CARGO) tree -p $$1 -e normal --prefix none) || exit 1; \
	  found=$$(echo "$$tree" | grep -E "^($$2) " | sort -u); \
	  if [ -n "$$found" ]; then echo "$$1 must not depend on" $$found; exit 1; fi; \
	  echo "$$1 has no $$2"; \
	}; \
	for crate in $(PURE); do without $$crate 'tokio|sqlx|rusqlite|async-nats|reqwest|axum'; done; \
	for crate in $(ENGINE); do without $$crate 'sqlx|rusqlite|async-nats|reqwest|axum'; done; \
	without wallet-client 'clap|sqlx|rusqlite|axum'
	@only() { \
	  tree=$$($(CARGO) tree --workspace -i $$1 $(USERS)) || exit 1; found=$$(echo "$$tree" | $(NAMES)); \
	  for crate in $$found; do \
	    case " $$2 " in *" $$crate "*) ;; *) echo "$$crate depends on $$1: only $$2 may"; exit 1;; esac; \
	  done; \
	  echo "$$1 is in" $$found; \
	}; \
	only sqlx '$(SQL)'; only rusqlite wallet-db
	@tree=$$($(CARGO) tree --workspace -i wallet -e dev,build $(USERS)) || exit 1; found=$$(echo "$$tree" | $(NAMES)); \
	if [ -n "$$found" ]; then echo "depends on the command line:" $$found; exit 1; fi; \
	echo "nothing depends on the command line"
	@found=$$($(CARGO) tree -p wallet-view -e normal --prefix none | grep -E '^(debit|credit|ledger)-' | sort -u); \
	if [ -n "$$found" ]; then echo "wallet-view depends on a service:" $$found; exit 1; fi; \
	echo "wallet-view depends on no service"

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --workspace --no-deps --quiet

# The programs are built together with the tests, so that both get the same features of their dependencies: built apart, nearly every
# crate would be compiled twice.
unit:
	$(CARGO) build --release --workspace --all-targets
	$(CARGO) nextest run --release --workspace --no-fail-fast
	$(CARGO) test --release --workspace --doc --quiet

deny:
	@if command -v cargo-deny >/dev/null; then cargo deny --locked check licenses bans sources; \
	else echo "cargo-deny is not installed: licences and bans not checked (cargo install cargo-deny)"; fi

# Not part of `test`: it queries RustSec's database on GitHub, whose answers change independently of this repository.
advisories:
	cargo deny check advisories

tools:
	scripts/install-tools $(TOOLS)

model:
	$(CARGO) run --release -p wallet-model

fuzz:
	WALLET_FUZZ_CASES=$${WALLET_FUZZ_CASES:-1000000} $(CARGO) test --release -p wallet-contract --test contract fuzz::

bench: build
	$(WALLET) bench
	$(WALLET) bench --hot-percent 50
	$(WALLET) bench --mode reserve
	$(WALLET) bench --rate 50 --seconds 20
	$(WALLET) bench --database postgres
	$(WALLET) bench --database postgres --hot-percent 50
	$(WALLET) bench --database postgres --mode reserve

# Once built, takes about seven minutes for both tables; the charts go to target/compare.
compare: tools
	$(CARGO) build --release $(PROGRAMS) -p wallet-compare
	target/release/wallet-compare accidents --charts target/compare
	target/release/wallet-compare speed --seconds 2 --bulk 30000 --charts target/compare

compose-test:
	deploy/compose-test.sh
