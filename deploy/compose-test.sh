#!/usr/bin/env bash
# Starts compose.yaml from scratch, moves money through it, checks the balances, and removes everything again.
#
# It has its own project name, volumes, host ports and passwords, so it does not disturb a running stack. Every wait has a time limit.
# Exit code 0: everything was as expected. KEEP=1 leaves the stack running.
set -euo pipefail
cd "$(dirname "$0")/.."

build_s=3600 # a first build compiles every dependency
ready_s=180
settled_s=90 # a stand-by first waits for the lease of the killed instance to expire

# Digits only: a password that a configuration file could parse as a number.
password=5550123
export COMPOSE_PROJECT_NAME=wallet-compose-test WALLET_NATS_PORT=0 WALLET_HTTP_PORT=0 POSTGRES_PASSWORD=$password
export {DEBIT,CREDIT,LEDGER}_DB_PASSWORD=$password {DEBIT,CREDIT,LEDGER,OPERATOR,ALICE}_NATS_PASSWORD=$password

main() {
  step "remove the remains of an earlier test"
  "${compose[@]}" down --volumes --remove-orphans >"$reply" 2>&1 || fail "$(cat "$reply")"

  step "build and start"
  within "$build_s" "${compose[@]}" up --build -d
  all_healthy 5
  not_root

  step "the operator opens alice and bob, and deposits 100.00 USD for alice"
  wallet operator open alice --currency USD
  wallet operator open bob --currency USD
  wallet operator deposit alice 100.00 USD
  balance alice 100.00

  step "alice pays bob 12.50 USD with the tool"
  wallet alice transfer --from alice --to bob --amount 12.50 --currency USD
  balance alice 87.50
  balance bob 12.50

  step "alice pays bob 7.50 USD with a plain NATS client, which receives the outcome"
  plain_client alice bob 01900000-0000-7000-8000-000000000001 | tee "$reply" || fail "no reply"
  grep -q '"stream": *"WALLET_' "$reply" || fail "no acknowledgement from the stream"
  grep -q '^MSG wallet.outcome.alice.01900000-0000-7000-8000-000000000001 ' "$reply" || fail "no outcome"
  balance alice 80.00
  balance bob 20.00

  step "alice can't pay from bob's account: NATS denies it"
  plain_client bob alice 01900000-0000-7000-8000-000000000002 | tee "$reply" || fail "no reply"
  grep -qi 'permissions violation for publish' "$reply" || fail "NATS did not deny it"
  ! wallet alice transfer --from bob --to alice --amount 1.00 --currency USD || fail "the tool was not denied"
  balance alice 80.00
  balance bob 20.00

  step "a stand-by of debit-svc takes over from a killed one: bob pays alice 5.00 USD"
  within "$ready_s" "${compose[@]}" up -d --no-recreate --scale debit-svc=2
  all_healthy 6
  docker kill "$(first debit-svc)"
  wallet operator transfer --from bob --to alice --amount 5.00 --currency USD || [[ $? == 4 ]] || fail "neither paid nor timed out"
  balance alice 85.00
  balance bob 15.00

  step "alice reserves and confirms a part, with her own NATS user only"
  local reservation=01900000-0000-7000-8000-000000000003
  wallet alice reserve --from alice --to bob --amount 10.00 --currency USD --id "$reservation"
  wallet alice confirm "$reservation" --from alice --amount 4.00 --currency USD
  wallet operator phases "$reservation" | grep "completed, 4.00 USD confirmed"
  balance alice 81.00
  balance bob 19.00

  step "everything is stopped and started again, and nothing is lost"
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

# within SECONDS COMMAND...: runs a command with a time limit.
within() {
  echo "\$ ${*:2}"
  timeout "$@" || fail "exit code $? (124: timed out after $1 s)"
}

# The container of a service's first instance.
first() {
  docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.container-number=1
}

# all_healthy COUNT: waits until that many containers are running and healthy.
all_healthy() {
  local deadline=$((SECONDS + ready_s)) state='{{.Name}} {{.State.Status}} {{.State.Health.Status}}' states
  while :; do
    states=$("${compose[@]}" ps -q | xargs docker inspect --format "$state")
    [[ $(grep -c ' running healthy$' <<<"$states") == "$1" ]] && break
    ((SECONDS < deadline)) || fail "not healthy after $ready_s s"$'\n'"$states"
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

# wallet USER ARGUMENT...: runs the tool inside the network, as that NATS user.
wallet() {
  echo "\$ wallet ${*:2}    # as $1"
  timeout 120 "${compose[@]}" run --rm -T -e "WALLET_NATS_URL=nats://$1:$password@nats:4222" wallet "${@:2}"
}

# balance ACCOUNT AMOUNT: waits until the account has that amount.
balance() {
  local deadline=$((SECONDS + settled_s)) got
  while :; do
    got=$(timeout 60 "${compose[@]}" run --rm -T wallet balance "$1" --json 2>&1) && [[ $got == *"\"$2\""* ]] && break
    ((SECONDS < deadline)) || fail "$1 should have $2, but has: $got"
    sleep 1
  done
  echo "$1 has $2 USD"
}

# plain_client PAYER PAYEE ID: user alice requests a payment of 7.50 USD from PAYER to PAYEE in NATS's text protocol, and prints the
# server's replies, until an error, or until both the stream's acknowledgement and the outcome have arrived, for at most 30 s.
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
      # The server maps subjects only once the user is known: publish after its reply to CONNECT.
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
  rm -f "$reply"
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
  fail "neither 'docker compose' nor 'docker-compose' is installed"
fi
reply=$(mktemp)
trap finish EXIT
# An interrupted test has not passed.
trap 'exit 130' INT
trap 'exit 143' TERM
main
