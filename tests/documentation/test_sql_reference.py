"""docs/sql-reference.md follows from the comments on the functions, their privileges, and the pages in docs/sql/."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tools import commands_reference, sql_reference
from tools.sql_reference import LAST, PAGE, PAGES, called_by_python, reference


def test_the_page_is_up_to_date(database: psycopg.Connection) -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(database), "run: make documents"


def test_every_page_of_the_reference_is_in_it() -> None:
    assert {path.stem for path in (PAGE.parent / "sql").glob("*.md")} == {*PAGES, LAST}


def test_a_function_that_python_calls_is_added_to_its_subject(
    database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = called_by_python()
    assert "seed_json" not in called
    monkeypatch.setattr(sql_reference, "called_by_python", lambda: called | {"seed_json"})
    text = reference(database)
    assert text.index("### merge_seed") < text.index("### seed_json") < text.index("## Pipelines")


def test_roles_and_contract_follow_from_the_database(database: psycopg.Connection) -> None:
    database.execute("""
        comment on function datastore.accept_seed(uuid) is E'Does it, as merge_seed does.\\n\\nseed_id: which\\n  one'
    """)
    entry = reference(database).partition("### accept_seed\n")[2].partition("\n### ")[0]
    assert "```signature\ndatastore.accept_seed(seed_id uuid) → jsonb\n```" in entry
    assert "Does it, as [merge_seed](#merge_seed) does.\n" in entry
    assert "| `seed_id` | which one |\n| may be called by | `app` |" in entry


def test_a_place_without_its_function_is_an_error(
    database: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sql").mkdir()
    for name in (*PAGES, LAST):
        (tmp_path / "sql" / f"{name}.md").write_text("{{ no_such_function }}\n" if name == LAST else "")
    monkeypatch.setattr(sql_reference, "PAGE", tmp_path / "sql-reference.md")
    monkeypatch.setattr(sql_reference, "called_by_python", set)
    with pytest.raises(ValueError, match="places the function no_such_function"):
        reference(database)


def test_the_list_of_commands_is_up_to_date() -> None:
    assert commands_reference.PAGE.read_text(encoding="utf-8") == commands_reference.commands(), "run: make documents"
