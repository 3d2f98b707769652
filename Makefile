# make demo    builds the wallet and shows what it does, on SQLite and a nats-server that it finds or installs for itself
# make up      a local stack in ./data, until Ctrl-C
# make test    installs what tests need, and runs all of them
# make model   every interleaving of small worlds, checked
# make fuzz    a million damaged messages of each kind
# make bench   figures of this machine, on SQLite and PostgreSQL
# make compare the same load and the same accidents for what the wallet could be replaced by
SHELL := bash
.DEFAULT_GOAL := demo
.PHONY: demo up test lint purity doc unit deny advisories model fuzz bench compare compose-test tools

# Tools for tests that a machine may lack: scripts/install-tools.
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

# What needs no building comes first: a slip shows early.
lint:
	cargo fmt --all --check
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings

# The rules do no I/O: the pure crates build on no runtime, database or network. The engine, and what plays it, build on tokio, but on
# no database, broker or HTTP. SQL libraries belong to wallet-db; two tools talk to PostgreSQL from outside: the local stack makes
# databases, the comparison has systems of its own. Nothing builds on the command line, and the
# view of a flow on no service.
PURE := wallet-contract wallet-kernel wallet-view debit-core credit-core ledger-core
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
	for crate in $(ENGINE); do without $$crate 'sqlx|rusqlite|async-nats|reqwest|axum'; done
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

# The whole workspace at once: with the simulation's features for tokio, which `build` alone would not have.
unit:
	$(CARGO) build --release --workspace
	$(CARGO) nextest run --release --workspace --no-fail-fast
	$(CARGO) test --release --doc -p wallet-client --quiet

deny:
	@if command -v cargo-deny >/dev/null; then cargo deny --locked check licenses bans sources; \
	else echo "cargo-deny is not installed: licences and bans not checked (cargo install cargo-deny)"; fi

# Not a part of `test`: it asks RustSec's database on GitHub, and what that answers changes without us.
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

# Both tables in about seven minutes, once it is built, and the charts in target/compare.
compare: tools
	$(CARGO) build --release $(PROGRAMS) -p wallet-compare
	target/release/wallet-compare accidents --charts target/compare
	target/release/wallet-compare speed --seconds 2 --bulk 30000 --charts target/compare

compose-test:
	deploy/compose-test.sh
