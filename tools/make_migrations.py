"""Write the migrations of what was never released anew from sql/tables.

    python tools/make_migrations.py         (`make migrations`)

A migration that a release contains is frozen: take it out of UNRELEASED, and write what changes since then by hand, as
the next number. The rollbacks are written by hand; tests/test_07_migrations.py proves both.
"""

from __future__ import annotations

from datastore_db.migrate import read_script
from datastore_db.resources import MIGRATIONS, SQL

# {migration: (what it brings, the script that it is made of)}, in their order
UNRELEASED = {
    "0001.pre.jsonschema": ("JSON Schema in SQL: the checks of the tables that follow call it.", "jsonschema/install"),
    "0002.pre.pictures": ("Users, containers, picture sets and pictures.", "tables/install"),
    "0003.pre.models": ("Models and pipelines.", "tables/install_models"),
    "0004.pre.inferences": ("Inferences, their boxes, and what experts say about them.", "tables/install_inferences"),
    "0005.pre.sharing": ("Groups, and the containers that are shared with them.", "tables/install_sharing"),
    "0006.pre.keys": ("Keys of containers, links, and the instance that a database is.", "tables/install_keys"),
}


def main() -> None:
    """Write the files."""
    before = None
    for migration, (headline, script) in UNRELEASED.items():
        depends = f"-- depends: {before}\n" if before else ""
        body = read_script(SQL / f"{script}.sql")
        (MIGRATIONS / f"{migration}.sql").write_text(f"-- {headline}\n{depends}\n{body}\n", encoding="utf-8")
        before = migration


if __name__ == "__main__":
    main()
