#!/usr/bin/env python3
"""Pays from one account to another, using nothing of the wallet but its subjects and one line of JSON.

    python3 -m pip install nats-py
    python3 examples/pay.py --from alice --to bob --amount 12.50 --currency USD

1. Generate the transfer's id. It makes a repeat harmless, so keep it until you know the outcome.
2. Subscribe to the outcome, then publish the request: in the other order the outcome could be missed.
3. Wait for the outcome that answers this request, since others may use the same id. It is printed as one line of JSON.

Exit codes: 0 settled, 1 could not be sent, 2 invalid command line, 3 refused or compensated, 4 no outcome in time.
"""

import argparse
import asyncio
import hashlib
import json
import os
import re
import secrets
import sys
import time
import uuid
from urllib.parse import urlsplit

try:
    import nats
    from nats.errors import Error as NatsError, TimeoutError as NatsTimeout
    from nats.js.errors import Error as JetStreamError, NoStreamResponseError
except ImportError:
    sys.exit("pay.py needs nats-py: python3 -m pip install nats-py")

SETTLED, FAILED, REFUSED, TIMEOUT = 0, 1, 3, 4
PUBLISH_ATTEMPTS = 3
ACK_SECONDS = 5.0
ACCOUNT = re.compile(r"(?=.{1,64}\Z)@?[A-Za-z0-9_-]+\Z")


def uuid7():
    """RFC 9562: 48 bits of milliseconds in front, so that consecutive ids are neighbours in an index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76  # version 7
    value = value & ~(0x3 << 62) | 0x2 << 62  # RFC 9562 variant
    return uuid.UUID(int=value)


def derived(cause, payer, *parts):
    """The id that the wallet derives from an id, the payer and further parts: README.md in this folder has an example."""
    digest = hashlib.sha256(cause.bytes + payer.encode())
    for part in parts:
        digest.update(b"\0" + part.encode("utf-8", "surrogatepass"))
    value = bytearray(cause.bytes[:8] + digest.digest()[:8])
    value[6] = value[6] & 0x0F | 0x80  # version 8
    value[8] = value[8] & 0x3F | 0x80  # RFC 9562 variant
    return uuid.UUID(bytes=bytes(value))


def request_ids(transfer, payer, request, body):
    """The request ids that an outcome may answer: one from the content or, if the request is invalid, one from its bytes."""
    fields = [request.get(name, "") for name in ("to", "amount", "currency", "overdraft", "memo")]
    valid = derived(transfer, payer, "transfer", *fields)
    flawed = derived(transfer, payer, "transfer", "flawed", body)
    return {str(valid), str(flawed)}


def account(text):
    if not ACCOUNT.match(text):
        rule = "up to 64 of A-Z a-z 0-9 - _, '@' only in front"
        raise argparse.ArgumentTypeError(f"{text!r} is not an account name: {rule}")
    return text


def arguments():
    parser = argparse.ArgumentParser(description="Pays from one account to another over NATS.")
    parser.add_argument("--from", dest="payer", type=account, required=True, metavar="ACCOUNT")
    parser.add_argument("--to", dest="payee", type=account, required=True, metavar="ACCOUNT")
    parser.add_argument("--amount", required=True, help="with exactly its currency's decimals, such as 12.50")
    parser.add_argument("--currency", required=True, help="ISO 4217 code, such as USD")
    parser.add_argument("--memo", help="a line for the statement")
    parser.add_argument("--id", type=uuid.UUID, default=None, metavar="UUID", help="the same id never pays twice")
    parser.add_argument("--nats", default=os.environ.get("WALLET_NATS_URL", "nats://127.0.0.1:4222"), metavar="URL")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="for the outcome")
    return parser.parse_args()


class CannotPay(Exception):
    """The reason why the request could not be sent."""


async def connect(url, errors):
    """Connects. `errors` collects the server's errors: a denied publish is reported only there."""

    async def on_error(error):
        errors.append(str(error))

    # Permissions may give each user its own inbox prefix.
    parts = urlsplit(url)
    prefix = f"_INBOX_{parts.username}" if parts.username else "_INBOX"
    try:
        return await nats.connect(
            url,
            name="pay.py",
            inbox_prefix=prefix,
            error_cb=on_error,
            connect_timeout=5,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # otherwise nats-py retries an absent server for two minutes
            reconnect_time_wait=0.2,
        )
    except (OSError, NatsError, ValueError) as error:
        where = f"{parts.hostname}:{parts.port or 4222}" if parts.hostname else url
        reason = errors[-1] if errors else str(error)
        raise CannotPay(f"no connection to NATS at {where}: {reason}") from None


async def publish(connection, subject, body, errors, retry):
    """Publishes until the log has the request. A repeat is harmless: it has the same id."""
    jetstream = connection.jetstream()
    for attempt in range(1, PUBLISH_ATTEMPTS + 1):
        try:
            return await jetstream.publish(subject, body, timeout=ACK_SECONDS)
        except NoStreamResponseError:
            raise CannotPay(
                f"nothing listens on {subject}: either the wallet is not running, or this server has no subject "
                "mapping that inserts the shard (see deploy/nats.conf); `wallet transfer` works without one"
            ) from None
        except NatsTimeout:
            if denied := [text for text in errors if "permissions violation" in text.lower()]:
                raise CannotPay(f"this user may not publish there: {denied[-1]}") from None
            if attempt == PUBLISH_ATTEMPTS:
                raise CannotPay(
                    f"no acknowledgement on {subject} after {attempt} attempts; the request may be in the log "
                    f"nevertheless: {retry}"
                ) from None
        except (JetStreamError, NatsError) as error:
            raise CannotPay(f"publishing on {subject}: {error}") from None


async def own_outcome(outcomes, ours, timeout):
    """Waits for the outcome that answers one of these requests."""
    deadline = time.monotonic() + timeout
    while True:
        message = await outcomes.next_msg(timeout=max(deadline - time.monotonic(), 0.001))
        outcome = json.loads(message.data)
        if ours & set(outcome["answers"].values()):
            return outcome


async def pay(args):
    transfer = args.id or uuid7()
    request = {"id": str(transfer), "to": args.payee, "amount": args.amount, "currency": args.currency}
    if args.memo is not None:
        request["memo"] = args.memo
    body = json.dumps(request)
    ours = request_ids(transfer, args.payer, request, body)
    retry = f"run this again with --id {transfer}: it never pays twice"

    errors = []
    connection = await connect(args.nats, errors)
    try:
        outcomes = await connection.subscribe(f"wallet.outcome.{args.payer}.{transfer}")
        await connection.flush()
        await publish(connection, f"wallet.cmd.transfer.{args.payer}", body.encode(), errors, retry)
        try:
            outcome = await own_outcome(outcomes, ours, args.timeout)
        except NatsTimeout:
            waited = f"no outcome within {args.timeout:g} s"
            print(f"pay.py: the request is in the log, but there was {waited}; {retry}", file=sys.stderr)
            for text in errors:
                print(f"the server reported: {text}", file=sys.stderr)
            return TIMEOUT
    except NatsError as error:
        raise CannotPay(f"NATS: {error}; {retry}") from None
    finally:
        if connection.is_connected:
            await connection.close()

    print(json.dumps(outcome))
    return SETTLED if outcome["outcome"] == "settled" else REFUSED


def main():
    args = arguments()
    try:
        return asyncio.run(pay(args))
    except CannotPay as error:
        print(f"pay.py: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
