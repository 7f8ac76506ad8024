"""The edits of the recipe "a field": `user_data.lens_width`, a number, becomes a field of pictures."""

from __future__ import annotations

from pathlib import Path

from tests.support.recipe import Edit
from tests.support.tree import ROOT

SCHEMA = "sql/documents/picture.v1.json"
MIRROR = "datastore_db/models/picture.py"
ZOOM = '"zoom": {"description": "Magnification, times.", "type": ["number", "null"], "exclusiveMinimum": 0}'
LENS_WIDTH = '"lens_width": {"description": "Millimetres.", "type": ["number", "null"], "exclusiveMinimum": 0}'
NOTE = Edit("CHANGELOG.md", "\n- Pictures have `user_data.lens_width`.", after="## Unreleased\n")

BEFORE_A_RELEASE = [
    Edit(SCHEMA, f",\n        {LENS_WIDTH}", after=ZOOM),
    Edit(
        MIRROR,
        "\n    lens_width: Annotated[Number, AfterValidator(bounds(above=0))] | None = None",
        after="    zoom: Annotated[Number, AfterValidator(bounds(above=0))] | None = None",
    ),
    NOTE,
]

MIRROR_OF_VERSION_2 = '''

class UserDataV2(UserData):
    """Section `user_data`, version 2."""

    lens_width: Annotated[Number, AfterValidator(bounds(above=0))] | None = None


class PictureV2(Picture):
    """A picture, version 2."""

    document_version: ClassVar[int] = 2

    user_data: UserDataV2 | None = None
'''

MIGRATION = '''"""Version 2 of pictures."""

import runpy
from pathlib import Path

from yoyo import step

__depends__ = {"<last>"}

script = runpy.run_path(str(Path(__file__).with_name("lib") / "psql_script.py"))

step(script["read_script"](script["SQL"] / "documents" / "picture.v2.sql"))
# Rows are not read under a lock: first the constraints, then a look at the rows.
step("""
alter table datastore.picture
  drop constraint picture_schema_version_check,
  add constraint picture_schema_version_check check (schema_version in (1, 2)) not valid,
  add constraint picture_v2_check check (schema_version <> 2 or datastore.picture_v2(document)) not valid
""")
step("""
alter table datastore.picture
  validate constraint picture_schema_version_check,
  validate constraint picture_v2_check
""")
'''


def schema_of_version_2() -> str:
    """A copy of version 1, with the new number and the new key."""
    text = (ROOT / SCHEMA).read_text(encoding="utf-8")
    for old, new in (
        ("Picture, version 1", "Picture, version 2"),
        ('absent means 1.", "const": 1', 'absent means 1.", "const": 2'),
        (ZOOM, f"{ZOOM},\n        {LENS_WIDTH}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def after_a_release(tree: Path) -> list[Edit]:
    """The edits where version 1 is frozen."""
    last = max(path.stem for path in (tree / "migrations").glob("0*") if ".rollback" not in path.name)
    known = "constraint picture_schema_version_check check (schema_version in ("
    version_1 = "constraint picture_v1_check check (schema_version <> 1 or datastore.picture_v1(document)),"
    version_2 = "constraint picture_v2_check check (schema_version <> 2 or datastore.picture_v2(document)),"
    return [
        Edit("sql/documents/picture.v2.json", schema_of_version_2()),
        Edit(MIRROR, MIRROR_OF_VERSION_2),
        Edit("sql/pictures/tables.sql", f"{known}1, 2))", instead_of=f"{known}1))"),
        Edit("sql/pictures/tables.sql", f"\n  {version_2}", after=version_1),
        Edit("migrations/0999.pre.picture-v2.py", MIGRATION.replace("<last>", last)),
        NOTE,
    ]
