#!/usr/bin/env bash
# Brings up compose.yaml from nothing, moves money through it, checks what came out, and removes it all again.
#
# It has its own project name, volumes, host ports and passwords, so a stack that is running beside it is left alone.
# Every wait has an end. Exit code 0: everything was as expected. KEEP=1 leaves the stack running.
set -euo pipefail
cd "$(dirname "$0")/.."

build_s=3600 # a first build compiles every dependency
ready_s=180
settled_s=90 # a stand-by first waits for the lease of the one that died

# Of digits only: a password that a configuration file could take for a number.
password=5550123
export COMPOSE_PROJECT_NAME=wallet-compose-test WALLET_NATS_PORT=0 WALLET_HTTP_PORT=0 POSTGRES_PASSWORD=$password
export {DEBIT,CREDIT,LEDGER}_DB_PASSWORD=$password {DEBIT,CREDIT,LEDGER,OPERATOR,ALICE}_NATS_PASSWORD=$password

main() {
  step "nothing is left of an earlier test"
  "${compose[@]}" down --volumes --remove-orphans >"$said" 2>&1 || fail "$(cat "$said")"

  step "build and start"
  within "$build_s" "${compose[@]}" up --build -d
  all_healthy 5
  not_root

  step "the operator opens alice and bob, and deposits 100.00 USD to alice"
  wallet operator open alice --currency USD
  wallet operator open bob --currency USD
  wallet operator deposit alice 100.00 USD
  balance alice 100.00

  step "the tool as alice: 12.50 USD to bob"
  wallet alice transfer --from alice --to bob --amount 12.50 --currency USD
  balance alice 87.50
  balance bob 12.50

  step "a plain NATS client as alice: 7.50 USD to bob, and it hears how that ended"
  plain_client alice bob 01900000-0000-7000-8000-000000000001 | tee "$said" || fail "no answer"
  grep -q '"stream": *"WALLET_' "$said" || fail "no acknowledgement from the stream"
  grep -q '^MSG wallet.outcome.alice.01900000-0000-7000-8000-000000000001 ' "$said" || fail "no outcome"
  balance alice 80.00
  balance bob 20.00

  step "the same user pays from bob's account: NATS refuses"
  plain_client bob alice 01900000-0000-7000-8000-000000000002 | tee "$said" || fail "no answer"
  grep -qi 'permissions violation for publish' "$said" || fail "NATS did not refuse"
  ! wallet alice transfer --from bob --to alice --amount 1.00 --currency USD || fail "the tool was not refused"
  balance alice 80.00
  balance bob 20.00

  step "a second debit-svc stands by and the first one dies: bob pays alice 5.00 USD"
  within "$ready_s" "${compose[@]}" up -d --no-recreate --scale debit-svc=2
  all_healthy 6
  docker kill "$(first debit-svc)"
  wallet operator transfer --from bob --to alice --amount 5.00 --currency USD || [[ $? == 4 ]] || fail "not a time-out"
  balance alice 85.00
  balance bob 15.00

  step "alice reserves and confirms a part, with nothing but her own user"
  local reservation=01900000-0000-7000-8000-000000000003
  wallet alice reserve --from alice --to bob --amount 10.00 --currency USD --id "$reservation"
  wallet alice confirm "$reservation" --from alice --amount 4.00 --currency USD
  wallet operator phases "$reservation" | grep "completed, 4.00 USD confirmed"
  balance alice 81.00
  balance bob 19.00

  step "everything stops and starts again, and nothing is forgotten"
  within "$ready_s" "${compose[@]}" down
  within "$ready_s" "${compose[@]}" up -d
  all_healthy 5
  balance alice 81.00
  balance bob 19.00
  wallet operator verify
}

step() { printf '\n==> %s\n' "$*"; }

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# within SECONDS COMMAND...: no longer than that.
within() {
  echo "\$ ${*:2}"
  timeout "$@" || fail "exit code $? (124: not done in $1 s)"
}

# The container of a service's first instance.
first() {
  docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.container-number=1
}

# all_healthy COUNT: waits until so many containers run and are healthy.
all_healthy() {
  local deadline=$((SECONDS + ready_s)) state='{{.Name}} {{.State.Status}} {{.State.Health.Status}}' states
  while :; do
    states=$("${compose[@]}" ps -q | xargs docker inspect --format "$state")
    [[ $(grep -c ' running healthy$' <<<"$states") == "$1" ]] && break
    ((SECONDS < deadline)) || fail "not healthy in $ready_s s"$'\n'"$states"
    sleep 1
  done
  echo "$states"
}

not_root() {
  local service uid
  for service in debit-svc credit-svc ledger-svc; do
    uid=$("${compose[@]}" exec -T "$service" id -u)
    [[ $uid == 10001 ]] || fail "$service runs as user $uid"
    echo "$service runs as user $uid"
  done
}

# wallet USER ARGUMENT...: the tool inside the network, as that NATS user.
wallet() {
  echo "\$ wallet ${*:2}    # as $1"
  timeout 120 "${compose[@]}" run --rm -T -e "WALLET_NATS_URL=nats://$1:$password@nats:4222" wallet "${@:2}"
}

# balance ACCOUNT AMOUNT: waits until the account has that.
balance() {
  local deadline=$((SECONDS + settled_s)) got
  while :; do
    got=$(timeout 60 "${compose[@]}" run --rm -T wallet balance "$1" --json 2>&1) && [[ $got == *"\"$2\""* ]] && break
    ((SECONDS < deadline)) || fail "$1 should have $2 and has: $got"
    sleep 1
  done
  echo "$1 has $2 USD"
}

# plain_client PAYER PAYEE ID: user alice asks for 7.50 USD from PAYER to PAYEE in NATS's text protocol, and prints what
# the server says, until that is an error, or both the stream's acknowledgement and the outcome, or 30 s have passed.
plain_client() {
  timeout 120 "${compose[@]}" run --rm -T --entrypoint bash wallet -c '
    payer=$1 payee=$2 id=$3 password=$4
    body="{\"id\":\"$id\",\"to\":\"$payee\",\"amount\":\"7.50\",\"currency\":\"USD\"}"
    exec 3<>/dev/tcp/nats/4222
    say() { printf "%s\r\n" "$@" >&3; }
    say "CONNECT {\"user\":\"alice\",\"pass\":\"$password\",\"verbose\":false,\"pedantic\":false}" PING
    previous= acknowledged= outcome=
    while ((SECONDS < 30)) && IFS= read -r -t 30 -u 3 line; do
      [[ $line != INFO* ]] && echo "${line%?}"
      [[ $previous == "MSG _INBOX_alice."* ]] && acknowledged=yes
      [[ $previous == "MSG wallet.outcome."* ]] && outcome=yes
      [[ $line == -ERR* || $acknowledged$outcome == yesyes ]] && exit
      # The server maps subjects once it knows who speaks: publish after its answer to CONNECT.
      [[ $line == PONG* ]] && say "SUB wallet.outcome.alice.* 1" "SUB _INBOX_alice.1 2" \
        "PUB wallet.cmd.transfer.$payer _INBOX_alice.1 ${#body}" "$body"
      previous=$line
    done' plain_client "$1" "$2" "$3" "$password"
}

finish() {
  local code=$?
  if ((code)); then
    step "logs"
    "${compose[@]}" ps || true
    "${compose[@]}" logs --no-color --tail=40 || true
  fi
  rm -f "$said"
  if [[ -n ${KEEP:-} ]]; then
    step "left running as project $COMPOSE_PROJECT_NAME"
  else
    step "remove everything"
    "${compose[@]}" down --volumes --remove-orphans || true
  fi
  if ((code)); then step "compose-test FAILED"; else step "compose-test passed"; fi
}

if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif docker-compose version >/dev/null 2>&1; then
  compose=(docker-compose)
else
  fail "neither 'docker compose' nor 'docker-compose' is here"
fi
said=$(mktemp)
trap finish EXIT
# Who is stopped has not passed.
trap 'exit 130' INT
trap 'exit 143' TERM
main
