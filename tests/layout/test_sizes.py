"""Lines, functions and files stay short enough to be read."""

from __future__ import annotations

from pathlib import Path

from tools.check_sizes import faults


def test_files_written_by_hand_are_short() -> None:
    assert list(faults()) == []


def test_wide_lines_and_long_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "datastore_db").mkdir()
    function = ["create function datastore.long() returns void language sql as $$", *["  select 1;"] * 100, "$$;"]
    (tmp_path / "sql" / "wide.sql").write_text("-- " + "x" * 118 + "\n", encoding="utf-8")
    (tmp_path / "sql" / "made.sql").write_text("-- Made by a program\n-- " + "x" * 118 + "\n", encoding="utf-8")
    (tmp_path / "sql" / "function.sql").write_text("\n".join(function), encoding="utf-8")
    (tmp_path / "datastore_db" / "long.py").write_text("\n" * 301, encoding="utf-8")
    (tmp_path / "datastore_db" / "function.py").write_text("def long():\n" + "    pass\n" * 100, encoding="utf-8")
    assert list(faults(tmp_path)) == [
        "datastore_db/function.py: long has 101 lines, expected at most 100",
        "datastore_db/long.py: 301 lines, expected at most 300: divide it by what it does",
        "sql/function.sql: long has 102 lines, expected at most 100",
        "sql/wide.sql:1: 121 columns, expected at most 120",
    ]
