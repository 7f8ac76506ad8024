"""Look for mistakes in every PL/pgSQL function with plpgsql_check: `python -m tools.plpgsql_check [URL]`.

The server is that of the URL, else of DATASTORE_DB_URL; the login may create databases and extensions. The schema is
installed in a database of its own, checked, and dropped. Exit status 1 with a line for each mistake, 77 with the reason
where the server lacks the extension (in Debian the package postgresql-15-plpgsql-check).
"""

from __future__ import annotations

import os
import sys
import uuid

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from datastore_db.database.migrations import migrate

NOT_THERE = 77

# A trigger function is checked for each table whose triggers call it. It uses the old rows where it is called for a
# change, the new ones where for an insert: whether there are some depends on the trigger, so both are given.
# Implicit casts are no mistakes here.
CHECK = """
with called as (
    select tgfoid, tgrelid, max(max(tgoldtable)) over one as old_rows, max(max(tgnewtable)) over one as new_rows
      from pg_trigger where tgparentid = 0 and not tgisinternal
     group by tgfoid, tgrelid
    window one as (partition by tgfoid)
)
select distinct it.oid::regprocedure::text, coalesce(called.tgrelid::regclass::text, ''), found.lineno, found.level,
       found.message
  from pg_proc as it
  join pg_language as l on l.oid = it.prolang and l.lanname = 'plpgsql'
  left join called on called.tgfoid = it.oid
 cross join lateral plpgsql_check_function_tb(
       it.oid, coalesce(called.tgrelid, 0), fatal_errors => false, other_warnings => false, extra_warnings => false,
       oldtable => called.old_rows, newtable => called.new_rows) as found
 where it.pronamespace in ('datastore'::regnamespace, 'jsonschema'::regnamespace)
   and (it.prorettype <> 'trigger'::regtype or called.tgfoid is not null)
 order by 1, 2, 3
"""
FUNCTIONS = """
select count(*) from pg_proc as it join pg_language as l on l.oid = it.prolang and l.lanname = 'plpgsql'
 where it.pronamespace in ('datastore'::regnamespace, 'jsonschema'::regnamespace)
"""


def check(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute("create extension plpgsql_check")
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
            print(f"SKIPPED: {error.diag.message_primary}")
            return NOT_THERE
        migrate(url)
        mistakes = connection.execute(CHECK).fetchall()
        counted = connection.execute(FUNCTIONS).fetchone()
    for function, table, line, level, message in mistakes:
        of_table = f" on {table}" if table else ""
        print(f"{function}{of_table}, line {line}: {level}: {message}")
    print(f"{counted[0] if counted else 0} functions checked, {len(mistakes)} mistakes found")
    return 1 if mistakes else 0


def main(arguments: list[str]) -> int:
    server = arguments[0] if arguments else os.environ["DATASTORE_DB_URL"]
    name = f"check_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            return check(make_conninfo(server, dbname=name))
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
