#!/bin/sh
# Creates one database and one login role for each service. The image runs it once, when its data folder is empty.
#
# A role owns its own database (the service creates its schemas itself), and can't connect to any other.
set -eu

: "${DEBIT_DB_PASSWORD:?is not set}" "${CREDIT_DB_PASSWORD:?is not set}" "${LEDGER_DB_PASSWORD:?is not set}"

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set debit_password="$DEBIT_DB_PASSWORD" \
  --set credit_password="$CREDIT_DB_PASSWORD" \
  --set ledger_password="$LEDGER_DB_PASSWORD" <<'SQL'
CREATE ROLE debit LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'debit_password';
CREATE ROLE credit LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'credit_password';
CREATE ROLE ledger LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'ledger_password';

CREATE DATABASE debit OWNER debit;
CREATE DATABASE credit OWNER credit;
CREATE DATABASE ledger OWNER ledger;

REVOKE ALL ON DATABASE debit, credit, ledger, postgres, template1 FROM PUBLIC;
SQL
