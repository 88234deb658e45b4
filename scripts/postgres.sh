#!/usr/bin/env bash
# Prints the URL of a PostgreSQL whose role may create databases, for tests that need one: the one named by
# ABLO_TEST_POSTGRES, else the one running here, else one that this script installs and starts.
set -euo pipefail

reachable() { psql "$1" --no-psqlrc --quiet --tuples-only --command 'SELECT 1' >/dev/null 2>&1; }

if [ -n "${ABLO_TEST_POSTGRES:-}" ]; then
    reachable "$ABLO_TEST_POSTGRES" || { echo "ABLO_TEST_POSTGRES names a server that does not answer" >&2; exit 1; }
    echo "$ABLO_TEST_POSTGRES"
    exit
fi

local_url='postgres://postgres@127.0.0.1:5432/postgres'
if reachable "$local_url"; then echo "$local_url"; exit; fi

as_root=$([ "$(id -u)" = 0 ] || echo sudo)
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    command -v apt-get >/dev/null || { echo 'install PostgreSQL 15 or later, or set ABLO_TEST_POSTGRES' >&2; exit 1; }
    { $as_root apt-get update -q && $as_root apt-get install -q -y postgresql postgresql-client; } >&2
fi

# A cluster of our own on a free port, so that nothing here depends on how the machine's own one is set up. It stays
# for the next run.
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
home="${TMPDIR:-/tmp}/ablo-test-postgres-$(id -u)"
if [ -f "$home/url" ] && reachable "$(cat "$home/url")"; then cat "$home/url"; exit; fi

rm -rf "$home"
mkdir -p "$home"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
run=()
if [ "$(id -u)" = 0 ]; then # initdb refuses root
    chown postgres "$home"
    run=(runuser -u postgres --)
fi
{
    "${run[@]}" "$bin/initdb" --pgdata "$home/data" --username postgres --auth trust --no-sync
    "${run[@]}" "$bin/pg_ctl" --pgdata "$home/data" --log "$home/log" --wait \
        --options "-c port=$port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$home -c fsync=off" start
} >&2
echo "postgres://postgres@127.0.0.1:$port/postgres" | tee "$home/url"
