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

# The rules do no I/O: no runtime, database or network among what the pure crates build on. SQL is the runtime's, and of what
# has tables: the services, the local stack (it makes databases), the comparison, and the simulation, through the runtime.
# Nothing builds on the command line, and the view of a flow on no service.
PURE := wallet-contract wallet-kernel wallet-view debit-core credit-core ledger-core
SQL := wallet-runtime debit-svc credit-svc ledger-svc wallet-stack wallet-compare sim
USERS := -e normal --depth 1 --prefix depth
NAMES := sed -n 's/^1\([^ ]*\) .*/\1/p' | sort -u
purity:
	@for crate in $(PURE); do \
	  found=$$($(CARGO) tree -p $$crate -e normal --prefix none | grep -E '^(tokio|sqlx|async-nats|reqwest|axum) ' | sort -u); \
	  if [ -n "$$found" ]; then echo "$$crate is not pure: $$found"; exit 1; fi; \
	  echo "$$crate is pure"; \
	done
	@tree=$$($(CARGO) tree --workspace -i sqlx $(USERS)) || exit 1; found=$$(echo "$$tree" | $(NAMES)); \
	for crate in $$found; do \
	  case " $(SQL) " in *" $$crate "*) ;; *) echo "$$crate depends on sqlx: only $(SQL) may"; exit 1;; esac; \
	done; \
	echo "sqlx is in" $$found
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
