"""What many functions of the schema need is written once."""

from __future__ import annotations

from tests.support.tree import ROOT


def test_the_keys_of_an_error_are_written_in_one_function() -> None:
    files = [file for file in (ROOT / "sql").rglob("*.sql") if "jsonschema" not in file.parts]
    places = {
        str(file.relative_to(ROOT)): count
        for file in files
        if (count := file.read_text(encoding="utf-8").count("'instance_path',"))
    }
    assert places == {"sql/documents/errors.sql": 1}
