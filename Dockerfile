# One image for the three services and the tool; compose.yaml selects the program. Builds with and without BuildKit.

FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p debit-svc -p credit-svc -p ledger-svc -p wallet

FROM debian:bookworm-slim
COPY --from=build \
     /src/target/release/debit-svc \
     /src/target/release/credit-svc \
     /src/target/release/ledger-svc \
     /src/target/release/wallet \
     /usr/local/bin/
# A numeric id, so that an orchestrator can verify that it isn't root. The programs need no home directory and write no files.
USER 10001:10001
CMD ["wallet", "--help"]
