"""JSON beside a picture: its values, and the errors of malformed JSON."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastore_db.folder import DocumentProblem
from datastore_db.folder.json_text import read_json
from datastore_db.folder.tree import Places, to_json
from datastore_db.json_codec import Json, dumps, loads


def value(text: str) -> Json:
    return to_json(read_json(text, "1.json"))


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentProblem) as caught:
        read_json(text, "1.json")
    return [str(problem) for problem in caught.value.problems]


@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text() | st.decimals(-(10**30), 10**30, places=5),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
            max_leaves=20,
        ),
        max_size=5,
    ),
    st.sampled_from([None, 1]),
)
def test_json_is_read_as_the_codec_reads_it(content: dict[str, object], indent: int | None) -> None:
    text = dumps(content, indent=indent)
    assert repr(value(text)) == repr(loads(text))


@given(st.text(alphabet='{}[]:,"\\tfnu019.eE+- \n', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = value(text)
    except DocumentProblem:
        return
    assert repr(found) == repr(loads(text))


def test_null_is_kept() -> None:
    assert value('{"a": null, "b": [null], "c": 1.50}') == {"a": None, "b": [None], "c": Decimal("1.50")}


def test_values_have_their_lines() -> None:
    places = Places(read_json('{"a":\n 1,\n "b": {\n  "c/~d": [\n1, {"e": "\\n"}]}}', "1.json"))
    assert str(places.problem("/b/c~1~0d/1/e", "x")) == "1.json:5: b/c/~d/1/e: x"
    assert places["/b"].line == 3
    assert places["/a"].line == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1.json:1: is not JSON: Expecting value (column 1)"),
        ('{"a": 1,\n "b": tru}', "1.json:2: is not JSON: Expecting value (column 7)"),
        ("{'a': 1}", "1.json:1: is not JSON: Expecting property name enclosed in double quotes or '}' (column 2)"),
        ('{"a": NaN}', "1.json:1: is not JSON: Expecting value (column 7)"),
        ('{"a": -Infinity}', "1.json:1: is not JSON: Expecting value (column 7)"),
        ('{"a": "\t"}', "1.json:1: is not JSON: Invalid control character (column 8)"),
        ("{} x", "1.json:1: is not JSON: Extra data (column 4)"),
        ("[]", '1.json:1: must hold an object, such as {"seed": "Ambrosia trifida"}'),
        ("null", '1.json:1: must hold an object, such as {"seed": "Ambrosia trifida"}'),
        ('{"a": {"b": 1,\n"b": 2}}', "1.json:2: a/b: this key stands twice here, in lines 1 and 2"),
        ('{"a": ' + "[" * 65 + "]" * 65 + "}", "1.json:1: nested more than 64 levels deep"),
        ("[" * 500_000, "1.json: nested more than 64 levels deep"),
        ('{"a":\n[' + "9" * 5000 + "]}", "1.json:2: a/0: a number that is too large, or too close to zero"),
        ('{"a": 1e-99999999999999999999}', "1.json:1: a: a number that is too large, or too close to zero"),
    ],
)
def test_errors_of_json_name_the_place(text: str, expected: str) -> None:
    assert problems(text) == [expected]
