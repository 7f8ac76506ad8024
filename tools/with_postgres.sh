#!/usr/bin/env bash
# Runs a command with DATASTORE_DB_URL set to a throw-away server of Debian's PostgreSQL: tools/with_postgres.sh 15 make test
# Exit status 77, and a line that says so, where that version is not installed.
set -euo pipefail
bin=/usr/lib/postgresql/$1/bin
if [[ ! -x $bin/initdb ]]; then
  echo "SKIPPED: this machine has no PostgreSQL $1 (Debian's postgresql-$1)"
  exit 77
fi
shift
work=$(mktemp -d /tmp/datastore-db-postgres.XXXXXX)
as=()
if [[ $(id -u) == 0 ]]; then
  chown postgres "$work"
  as=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
stop() { "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1 || true; rm -rf "$work"; }
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w start \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$work -c fsync=off -c synchronous_commit=off \
      -c full_page_writes=off -c autovacuum=off -c shared_buffers=256MB -c max_wal_size=2GB -c max_connections=200" >/dev/null
DATASTORE_DB_URL="postgresql://postgres@127.0.0.1:$port/postgres" "$@"
