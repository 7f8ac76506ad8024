"""The cost of row-level security: a rebuild as the backend's role, against the same without policies."""

from __future__ import annotations

import psycopg

from benchmarks.figures import Figure, Scale, alternately
from benchmarks.rebuild import PICTURES, fill
from datastore_db.local import LocalStack

# Each of 10,000 containers is shared with one of 1,000 groups; the user is in 50 of them, and so sees 500 containers.
CROWD = """
insert into datastore.user_account (email)
  select format('crowd-%s@example.org', n) from generate_series(1, {containers}) as n;
create temporary table crowd as
  select user_id, row_number() over () as n from datastore.user_account where email like 'crowd-%';
insert into datastore.container (user_id) select user_id from crowd;
insert into datastore.picture_set (container_id, name)
  select container_id, 'General' from datastore.container join crowd using (user_id);
insert into datastore.user_group (name) select format('group %s', n) from generate_series(1, {groups}) as n;
insert into datastore.container_share (container_id, group_id)
  select container_id, group_id
  from datastore.container
  join crowd using (user_id)
  join (select group_id, row_number() over () as n from datastore.user_group) as grouped
    on crowd.n % {groups} = grouped.n % {groups};
insert into datastore.membership (group_id, user_id, role, accepted_at)
  select grouped.group_id, user_account.user_id, 'contributor', now()
  from (select group_id from datastore.user_group order by group_id limit {memberships}) as grouped,
       datastore.user_account
  where email in ('bench@example.org', 'guest@example.org')
  on conflict do nothing;
vacuum analyze
"""

SHARE = """
with made as (select (datastore.create_group('guests') ->> 'group_id')::uuid as id)
select datastore.set_member(made.id, 'guest@example.org'),
       datastore.share_container(made.id, 'reader', (datastore.find_user('bench@example.org') ->> 'container_id')::uuid)
from made
"""


def measure(stack: LocalStack, scale: Scale) -> list[Figure]:
    """The same set of 1,000 pictures for its owner and for a member of a group, in an empty and a crowded database."""
    figures = []
    pictures = scale.size(PICTURES, 10)
    containers, groups, memberships = scale.size(10_000, 20), scale.size(1000, 5), scale.size(50, 2)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        set_id = fill(connection, pictures)
        connection.execute("select datastore.register_user('guest@example.org')")
        connection.execute(SHARE)
        connection.execute("vacuum analyze")
        alone = _ratios(stack, set_id, scale)
        crowd = CROWD.format(containers=containers, groups=groups, memberships=memberships)
        for statement in crowd.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        crowded = _ratios(stack, set_id, scale)
    for (role, ratio, detail), (_, crowded_ratio, crowded_detail) in zip(alone, crowded, strict=True):
        what = f"rebuild_picture_set of {pictures:,} pictures, as {role}"
        figures.append(Figure(what, "as the database's owner, without policies", ratio, 1.1, detail))
        with_crowd = f"{what}, with {containers:,} containers, {groups:,} groups, the user in {memberships}"
        figures.append(
            Figure(with_crowd, "as the database's owner, without policies", crowded_ratio, 1.1, crowded_detail)
        )
    return figures


def _ratios(stack: LocalStack, set_id: str, scale: Scale) -> list[tuple[str, float, str]]:
    with psycopg.connect(stack.database_url, autocommit=True) as connection:

        def owner() -> None:
            connection.execute("select datastore.rebuild_picture_set(%s)::text", [set_id]).fetchall()

        with psycopg.connect(stack.database_url, autocommit=True) as backend:
            backend.execute("set role datastore_app")
            ids: dict[str, str] = dict(
                connection.execute("select email, user_id from datastore.user_account").fetchall()
            )

            def user(email: str) -> None:
                backend.execute(
                    "select datastore.rebuild_picture_set(%s)::text from datastore.act_as(%s)", [set_id, ids[email]]
                ).fetchall()

            base, own, shared = alternately(
                scale.rounds(31), owner, lambda: user("bench@example.org"), lambda: user("guest@example.org")
            )
    return [
        ("their owner", own / base, f"{own * 1000:.1f} ms, {base * 1000:.1f} ms"),
        ("a reader of their group", shared / base, f"{shared * 1000:.1f} ms, {base * 1000:.1f} ms"),
    ]
