"""A picture format is declared once, and what else there is to do for a new one is little."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from datastore_db.inspection.formats import FORMATS

ROOT = Path(__file__).parent.parent.parent


def places(name: str) -> set[str]:
    """The files of the package and the schema in which a format stands: its name, or a function of its own."""
    written = re.compile(rf"""["']{name}["']|\b(?:read|strip)_{name.lower()}\b""")
    files = [*(ROOT / "datastore_db").rglob("*.py"), *(ROOT / "sql").rglob("*.sql")]
    return {str(file.relative_to(ROOT)) for file in files if written.search(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_stands_in_its_own_modules_and_in_two_other_places(name: str) -> None:
    own = {f"datastore_db/inspection/{kind}{name.lower()}.py" for kind in ("", "strip_")}
    assert places(name) - own == {"datastore_db/inspection/formats.py", "sql/pictures/batches.sql"}


def test_no_two_formats_share_an_ending_or_a_media_type() -> None:
    endings = [ending for one in FORMATS.values() for ending in one.endings]
    assert len(endings) == len(set(endings))
    assert len({one.media_type for one in FORMATS.values()}) == len(FORMATS)


def test_sql_gives_blobs_the_ending_of_their_format(database: psycopg.Connection) -> None:
    answers = database.execute(
        "select name, datastore.extension_of(name) from unnest(%s::text[]) name", (list(FORMATS),)
    ).fetchall()
    assert dict(answers) == {name: f".{one.extension}" for name, one in FORMATS.items()}
    source = database.execute("select pg_get_functiondef('datastore.extension_of(text)'::regprocedure)").fetchone()
    assert source is not None
    assert set(re.findall(r"'([A-Z0-9]+)'", source[0])) == set(FORMATS)
