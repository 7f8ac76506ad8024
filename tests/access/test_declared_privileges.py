"""Rules that follow from the catalogue: what is new fails here until its privileges are declared."""

from __future__ import annotations

import psycopg
import pytest

from datastore_db.database.migrations import migrate
from datastore_db.database.repeatable import read_script
from datastore_db.resources import SQL
from tests.access.sessions import rows
from tests.support.people import World

ROLES = ("app", "worker", "reader")
# Tables from which the worker deletes: each is named with its reason in sql/access/privileges.sql.
WORKER_DELETES = {"blob_deletion", "container_renewal"}


def declared(database: psycopg.Connection) -> set[tuple[object, ...]]:
    return set(rows(database, "select role, privilege, kind, object from datastore.wanted_privileges()"))


def error_of(database: psycopg.Connection, call: str) -> str:
    """How a call ends that leaves nothing behind: SQLSTATE and message; empty where it succeeds."""
    try:
        with database.transaction(force_rollback=True):
            database.execute(call.encode())
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    return ""


class TestDeclaration:
    def test_granted_and_declared_privileges_are_the_same(self, database: psycopg.Connection) -> None:
        assert rows(database, "select problem from datastore.privilege_differences()") == []

    def test_each_privilege_is_declared_once_with_a_reason(self, database: psycopg.Connection) -> None:
        listed = rows(database, "select role, privilege, kind, object, reason from datastore.wanted_privileges()")
        assert len(listed) > 500
        assert [row for row in listed if not str(row[4] or "").strip() or row[3] is None] == []
        assert len({row[:4] for row in listed}) == len(listed)

    @pytest.mark.parametrize("role", ROLES)
    def test_functions_have_the_declared_privileges(self, database: psycopg.Connection, role: str) -> None:
        """By PostgreSQL's own word, and not by reading the lists of privileges."""
        may = rows(
            database,
            "select p.oid::regprocedure::text from pg_proc as p where pronamespace = 'datastore'::regnamespace"
            " and has_function_privilege(%s, p.oid, 'execute')",
            f"datastore_{role}",
        )
        wanted = {row[3] for row in declared(database) if row[:3] == (f"datastore_{role}", "execute", "function")}
        assert {row[0] for row in may} == wanted

    @pytest.mark.parametrize("role", ROLES)
    def test_tables_columns_and_sequences_have_the_declared_privileges(
        self, database: psycopg.Connection, role: str
    ) -> None:
        may = rows(
            database,
            "select privilege, 'table', c.oid::regclass::text from pg_class as c"
            " cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'])"
            "   as privilege"
            " where relnamespace = 'datastore'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')"
            "   and has_table_privilege(%s, c.oid, privilege)"
            " union all select privilege, 'sequence', c.oid::regclass::text from pg_class as c"
            " cross join unnest(array['usage', 'select', 'update']) as privilege"
            " where relnamespace = 'datastore'::regnamespace and relkind = 'S'"
            "   and has_sequence_privilege(%s, c.oid, privilege)"
            " union all select privilege, 'column', attrelid::regclass::text || '.' || attname from pg_attribute"
            " join pg_class as c on c.oid = attrelid and relkind in ('r', 'p', 'v', 'm', 'f')"
            " cross join unnest(array['select', 'insert', 'update', 'references']) as privilege"
            " where relnamespace = 'datastore'::regnamespace and attnum > 0 and not attisdropped"
            "   and has_column_privilege(%s, attrelid, attnum, privilege)"
            "   and not has_table_privilege(%s, attrelid, privilege)",
            *[f"datastore_{role}"] * 4,
        )
        wanted = {
            row[1:] for row in declared(database) if row[0] == f"datastore_{role}" and row[2] in ("table", "column")
        }
        assert set(may) == wanted

    def test_schemas_and_the_database_have_the_declared_privileges(self, empty_database: str) -> None:
        migrate(empty_database)
        with psycopg.connect(empty_database, autocommit=True) as database:
            for role in ROLES:
                may = (
                    "select has_schema_privilege(%(role)s, 'datastore', 'create'),"
                    " has_schema_privilege(%(role)s, 'jsonschema', 'create'),"
                    " has_database_privilege(%(role)s, current_database(), 'temporary'),"
                    " has_database_privilege(%(role)s, current_database(), 'create')"
                )
                found = database.execute(may.encode(), {"role": f"datastore_{role}"}).fetchall()
                assert found == [(False, False, False, False)]

    @pytest.mark.parametrize("role", ["app", "worker"])
    def test_a_declared_function_runs_with_the_declared_privileges(
        self, database: psycopg.Connection, world: World, role: str
    ) -> None:
        """Each is called with NULLs, as the role: what it reads and writes must be declared as well."""
        database.execute("select datastore.set_site_role(%s, 'administrator')", [world.users["owner"]["email"]])
        for (function,) in rows(
            database,
            "select object from datastore.wanted_privileges() where kind = 'function' and role = %s order by 1",
            f"datastore_{role}",
        ):
            call = rows(
                database,
                "select format('select datastore.%%I(%%s)', proname, array_to_string(array("
                "   select 'null::' || format_type(t, null) from unnest(proargtypes) as t), ', '))"
                " from pg_proc where oid = %s::regprocedure",
                function,
            )
            with database.transaction(force_rollback=True):
                if role == "app":
                    database.execute("select datastore.act_as(%s)", [world.users["owner"]["user_id"]])
                else:
                    database.execute("set local role datastore_worker")
                # A row that a policy refuses has the same SQLSTATE.
                assert not error_of(database, str(call[0][0])).startswith("42501 permission denied"), function

    def test_declaring_undoes_grants_that_were_changed_by_hand(self, database: psycopg.Connection) -> None:
        database.execute("grant delete on datastore.picture to datastore_app")
        database.execute("revoke execute on function datastore.find_user(text) from datastore_app")
        database.execute("grant update (created_by) on datastore.picture to public")
        problems = rows(database, "select statement from datastore.privilege_differences() order by 1")
        assert problems == [
            ("grant execute on function datastore.find_user(text) to datastore_app",),
            ("revoke delete on table datastore.picture from datastore_app",),
            ("revoke update (created_by) on table datastore.picture from public",),
        ]
        for (statement,) in problems:
            database.execute(str(statement).encode())
        assert rows(database, "select problem from datastore.privilege_differences()") == []


class TestRules:
    def test_only_the_owner_executes_trigger_functions(self, database: psycopg.Connection) -> None:
        assert (
            rows(
                database,
                "select p.oid::regprocedure::text, r.rolname from pg_proc as p, pg_roles as r"
                " where pronamespace in ('datastore'::regnamespace, 'jsonschema'::regnamespace)"
                "   and prorettype in ('trigger'::regtype, 'event_trigger'::regtype) and not rolsuper"
                "   and rolname not like 'pg\\_%%' and not pg_has_role(r.oid, 'datastore_owner', 'usage')"
                "   and has_function_privilege(r.oid, p.oid, 'execute')",
            )
            == []
        )

    def test_functions_that_run_as_their_owner_are_listed_with_a_reason(self, database: psycopg.Connection) -> None:
        found = rows(
            database,
            "select proname, array_to_string(array("
            "   select setting from unnest(proconfig) as setting where setting ~ '^(search_path|role|session)'), '; ')"
            " from pg_proc where pronamespace in ('datastore'::regnamespace, 'jsonschema'::regnamespace)"
            "   and prosecdef order by 1",
        )
        assert {config for _, config in found} == {"search_path=pg_catalog, pg_temp"}
        listed = rows(database, "select name, reason from datastore.declared_definers() order by 1")
        assert [name for name, _ in found] == [name for name, _ in listed]
        assert all(reason for _, reason in listed)

    def test_functions_that_run_as_their_owner_take_no_type_that_a_caller_chooses(
        self, database: psycopg.Connection
    ) -> None:
        """No polymorphic, variadic, row or domain argument: a caller's cast or operator would be called for it.

        To make a cast of one of our enums, a role would have to own it.
        """
        assert (
            rows(
                database,
                "select p.oid::regprocedure::text from pg_proc as p cross join unnest(proargtypes) as argument"
                " join pg_type as t on t.oid = argument"
                " where pronamespace = 'datastore'::regnamespace and prosecdef and (provariadic <> 0"
                "   or not (typtype = 'b' and typnamespace = 'pg_catalog'::regnamespace"
                "           or typtype = 'e' and typnamespace = 'datastore'::regnamespace"
                "              and typowner::regrole::text = 'datastore_owner'))",
            )
            == []
        )

    def test_functions_that_run_as_their_owner_qualify_every_name(self, database: psycopg.Connection) -> None:
        """With nothing but pg_catalog in its search_path, a body that names no schema fails when it is called: so
        each is called with NULLs, and none may answer that a table or function does not exist."""
        for (call,) in rows(
            database,
            "select format('select datastore.%%I(%%s)', proname, array_to_string(array("
            "   select 'null::' || format_type(t, null) from unnest(proargtypes) as t), ', ')) from pg_proc"
            " where pronamespace = 'datastore'::regnamespace and prosecdef and prorettype <> 'trigger'::regtype",
        ):
            assert error_of(database, str(call))[:5] not in ("42P01", "42883", "42704", "3F000"), call

    def test_no_role_but_the_owner_can_lock_out_others(self, database: psycopg.Connection) -> None:
        """LOCK TABLE asks for a privilege to change the whole table."""
        assert set(
            rows(
                database,
                "select role, c.relname from pg_class as c, unnest(%s::text[]) as role"
                " cross join unnest(array['update', 'delete', 'truncate']) as privilege"
                " where relnamespace = 'datastore'::regnamespace and relkind in ('r', 'p')"
                "   and has_table_privilege(role, c.oid, privilege)",
                [f"datastore_{role}" for role in ROLES],
            )
        ) == {("datastore_worker", table) for table in WORKER_DELETES}

    def test_roles_cannot_write_ids_and_stamps(self, database: psycopg.Connection) -> None:
        """Ids, authors and times of a row come from defaults, triggers and constraints.

        Left: ids that a trigger keeps apart (inference), that a constraint ties to the inference (box), that no
        function looks up without the box (expert_guess), and names that a trigger replaces where a user acts.
        """
        left = {
            "inference.inference_id", "inference.feedback_at", "inference.verified_at", "inference.verified_by",
            "box.box_id", "expert_guess.object_id", "expert_guess.added_by", "verdict.given_by",
        }  # fmt: skip
        written = rows(
            database,
            "select c.relname || '.' || attname from pg_attribute join pg_class as c on c.oid = attrelid"
            " where relnamespace = 'datastore'::regnamespace and relkind in ('r', 'p') and attnum > 0"
            "   and (attname = c.relname || '_id' or attname ~ '_(by|at)$' or attname in ('key_id', 'object_id')"
            "        and relname <> 'verdict' or attname = 'group_id' and relname = 'user_group')"
            "   and (has_column_privilege('datastore_app', attrelid, attnum, 'insert')"
            "        or has_column_privilege('datastore_app', attrelid, attnum, 'update'))",
        )
        # Periods that a user chooses, the replacement of a picture, and the revoker of a key, set by a trigger
        others = {
            "picture.replaced_by",
            "container_key.revoked_at",
            "link.starts_at",
            "link.expires_at",
            "pipeline.retired_at",
        }
        assert {name for (name,) in written} == left | others

    def test_every_table_of_a_container_is_audited(self, database: psycopg.Connection) -> None:
        """Of inserts, a row may tell itself (labels by their document, boxes by their inference)."""
        missing = rows(
            database,
            "select c.relname, event.name from pg_class as c"
            " cross join (values ('update', 16), ('delete', 8)) as event(name, bit)"
            " where c.relnamespace = 'datastore'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
            "   and exists (select from pg_attribute where attrelid = c.oid and attname = 'container_id')"
            "   and not exists (select from pg_trigger join pg_proc as f on f.oid = tgfoid"
            "                   where tgrelid = c.oid and tgtype & event.bit <> 0 and tgtype & 1 = 0"
            "                     and f.proname like 'audit%%')"
            "   and obj_description(c.oid, 'pg_class') !~ 'Not in the history: \\w'",
        )
        assert missing == []

    def test_a_new_table_of_a_container_is_protected_and_audited(self, database: psycopg.Connection) -> None:
        """With no entry elsewhere: what it has follows from its columns."""
        database.execute(
            "create table datastore.remark (container_id uuid, remark_id uuid, text text, sealed bytea,"
            " primary key (container_id, remark_id))"
        )
        assert rows(database, "select * from datastore.unaudited_tables()") == [("datastore.remark",)]
        database.execute(read_script(SQL / "access" / "protection.sql").encode())
        assert rows(database, "select * from datastore.unaudited_tables()") == []
        for role, policies in {"app": 3, "worker": 1, "reader": 1}.items():
            found = rows(
                database,
                "select count(*) from pg_policy where polrelid = 'datastore.remark'::regclass and polname ~ %s",
                f"^{role}_",
            )
            assert found == [(policies,)]
        database.execute("insert into datastore.remark values (gen_random_uuid(), gen_random_uuid(), 'a', 'secret')")
        database.execute("update datastore.remark set text = 'b'")
        database.execute("delete from datastore.remark")
        entries = rows(
            database,
            "select action, before ->> 'text', after ->> 'text', coalesce(before, after) ? 'sealed' from"
            " datastore.history join (select remark_id, container_id from datastore.history as first"
            "   cross join lateral (select entity_id as remark_id) as it where entity = 'remark' limit 1) as one"
            " on entity_id = one.remark_id and history.container_id = one.container_id order by history_id",
        )
        assert entries == [("created", None, "a", False), ("changed", "a", "b", False), ("deleted", "b", None, False)]

    def test_a_table_is_left_out_of_the_history_with_a_reason_in_its_comment(
        self, database: psycopg.Connection
    ) -> None:
        database.execute("create table datastore.scratch (container_id uuid primary key)")
        database.execute("comment on table datastore.scratch is 'For a while. Not in the history: it is a draft.'")
        assert rows(database, "select * from datastore.unaudited_tables()") == []
        database.execute("comment on table datastore.scratch is 'Not in the history: '")
        assert rows(database, "select * from datastore.unaudited_tables()") == [("datastore.scratch",)]

    def test_every_table_of_a_container_has_policies(self, database: psycopg.Connection) -> None:
        assert (
            rows(
                database,
                "select c.relname from pg_class as c"
                " where relnamespace = 'datastore'::regnamespace and relkind in ('r', 'p')"
                " and exists (select from pg_attribute where attrelid = c.oid and attname = 'container_id')"
                " and not relrowsecurity",
            )
            == []
        )

    def test_views_run_as_their_caller(self, database: psycopg.Connection) -> None:
        views = "select reloptions::text from pg_class where relkind = 'v' and relnamespace = 'datastore'::regnamespace"
        assert set(rows(database, views)) == {("{security_invoker=true}",)}
