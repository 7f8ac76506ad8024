"""YAML: its values, and the errors of malformed YAML."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from datastore_db.folder import DocumentProblem, yaml_text
from datastore_db.folder.tree import to_json
from datastore_db.folder.yaml_text import read_yaml
from datastore_db.json_codec import Json, dumps


def value(text: str) -> Json:
    node = read_yaml(text, "1.yaml")
    return None if node is None else to_json(node)


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentProblem) as caught:
        read_yaml(text, "1.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "text",
    ["2024-05-01", "2024-05-01T10:00:00Z", "12:30", "12:30:45", "yes", "no", "On", "off", "y", "N", "1_000", "1e", "0x",
     "0b11", "0o8", "1.2.3", ".", "-", "+", "nan", "inf", "tRue", "nULL", "-0x1f", "a b", "1 2", "e5", "=", "٣"],
)  # fmt: skip
def test_texts_stay_texts(text: str) -> None:
    assert value(f"key: {text}" if text != "-" else "key: '-'") == {"key": text}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("FALSE", False),
        ("null", None), ("~", None), ("Null", None), ("NULL", None),
        ("0", 0), ("-7", -7), ("+7", 7), ("007", 7), ("0o17", 15), ("0xfF", 255),
        ("1.50", Decimal("1.50")), (".5", Decimal("0.5")), ("5.", Decimal(5)), ("-1e3", Decimal("-1E+3")),
        ("1.0e-5", Decimal("0.000010")), ("'5'", "5"), ('"true"', "true"), ("''", ""), ("!!str 5", "5"), ("! 5", "5"),
        ("'~'", "~"), ("!!str", ""), ('"\\u00e9"', "é"), ("!!seq [1]", [1]), ("!!map {a: 1}", {"a": 1}),
    ],
)  # fmt: skip
def test_values_have_the_types_of_the_core_schema(text: str, expected: Json) -> None:
    found = value(f"key: {text}")
    assert repr(found) == repr({"key": expected})


@given(st.integers(-(10**300), 10**300), st.integers(-300, 300), st.sampled_from("eE"))
def test_numbers_keep_their_digits(digits: int, exponent: int, e: str) -> None:
    assert value(f"key: {digits}") == {"key": digits}
    for text in (f"{digits}.0{abs(digits)}", f"{digits}{e}{exponent}", f"{digits}.{e}{exponent:+}"):
        found = value(f"key: {text}")
        assert isinstance(found, dict)
        assert isinstance(found["key"], Decimal)
        assert found["key"].as_tuple() == Decimal(text).as_tuple()


# PyYAML writes YAML 1.1, where 0E0 is a text; it is a number in 1.2, which is read
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10).filter(
    lambda text: not re.fullmatch(r"[-+]?[.0-9][-+.0-9a-fA-FoOxX]*", text)
)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=20,
    )
)
def test_written_yaml_is_read_back(content: object) -> None:
    assert value(yaml.safe_dump({"key": content}, allow_unicode=True, sort_keys=False)) == {"key": content}


def test_empty_values_are_not_given() -> None:
    assert value("a:\nb: {c: , d: 1}\ne:\n- 1\n-\n- 2\n") == {"b": {"d": 1}, "e": [1, None, 2]}


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "---\n", "---\n...\n"])
def test_an_empty_file_gives_nothing(text: str) -> None:
    assert value(text) is None


def test_anchors_repeat_values() -> None:
    assert value("a: &x {b: 1}\nc: *x\nd: [*x, *x]\ne: &e\nf: *e\n") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": [{"b": 1}, {"b": 1}],
    }
    assert value("a: &x 1\nb: &x 2\nc: *x") == {"a": 1, "b": 2, "c": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b: c", ["1.yaml:1: a ':' where no key can be: check how far this line and the one before it are indented, "
                     "and put a text that contains ': ' in quotes"]),
        ("a:\n\t- b", ["1.yaml:2: a tab stands here, where YAML takes spaces only"]),
        ("\n\na: [1,\n 2", ["1.yaml:4: expected ',' or ']' (in the list in [ ] that begins in line 3)"]),
        ("a: 'x", ["1.yaml:1: the closing quote is missing (in the text in quotes that begins in line 1)"]),
        ("a: @b", ["1.yaml:1: a value cannot start with @: put it in quotes"]),
        ("- a\nb: c", ["1.yaml:2: '-' was expected: check how far this line is indented "
                       "(in the list that begins in line 1)"]),
        ("a: |\n  x\n y: 2\n", ["1.yaml:3: a key was expected: check how far this line is indented "
                                "(in the mapping that begins in line 1)"]),
        ("a: 1\nb: 2\na: 3", ["1.yaml:3: a: this key stands twice here, in lines 1 and 3"]),
        ("x:\n  a/b: 1\n  'a/b':\n", ["1.yaml:3: x/a/b: this key stands twice here, in lines 2 and 3"]),
        ("a: {b: 1, b: 2}\nc: .inf", ["1.yaml:1: a/b: this key stands twice here, in line 1",
                                      "1.yaml:2: c: .inf is no number that JSON can hold; "
                                      "put it in quotes if it is a text"]),
        ("a: -.INF", ["1.yaml:1: a: -.INF is no number that JSON can hold; put it in quotes if it is a text"]),
        ("a: .NaN", ["1.yaml:1: a: .NaN is no number that JSON can hold; put it in quotes if it is a text"]),
        ("1: a\ntrue: b", ["1.yaml:1: 1: a key must be a text: put it in quotes",
                           "1.yaml:2: true: a key must be a text: put it in quotes"]),
        ("~: a", ["1.yaml:1: ~: a key must be a text: put it in quotes"]),
        ("? [a, b]\n: c", ["1.yaml:1: a key must be a text"]),
        ("a: &a b\n*a : c", ["1.yaml:2: a key must be a text"]),
        ("b: &x {c: 1}\na:\n  <<: *x", ["1.yaml:3: merge keys (<<) are not supported: write the keys out"]),
        ("a: !!python/object:os.system x", ["1.yaml:1: the tag !!python/object:os.system is not supported"]),
        ("a: !mine x\nb: !!binary aGk=", ["1.yaml:1: the tag !mine is not supported",
                                          "1.yaml:2: the tag !!binary is not supported"]),
        ("a: !!set {b}", ["1.yaml:1: the tag !!set is not supported"]),
        ("a: 1\n---\nb: 2", ["1.yaml:2: a second document begins here; one file holds one"]),
        ("\n- a", ["1.yaml:2: must hold keys with values, such as 'seed: Ambrosia trifida'"]),
        ("text", ["1.yaml:1: must hold keys with values, such as 'seed: Ambrosia trifida'"]),
        ("~", ["1.yaml:1: must hold keys with values, such as 'seed: Ambrosia trifida'"]),
        ("a: &x [*x]", ["1.yaml:1: *x stands inside of what it repeats"]),
        ("a: *y", ["1.yaml:1: *y repeats what &y marks, which does not come before it"]),
        ("a: 1\nb: \x07", ["1.yaml:2: the character \\x07 cannot stand in YAML as it is"]),
        ("a: 1e99999999999999999999", ["1.yaml:1: a: a number that is too large, or too close to zero"]),
        ("a: " + "9" * 1001, ["1.yaml:1: a: a number of more than 1,000 digits"]),
        ("a: 0x" + "f" * 5000, ["1.yaml:1: a: a number of more than 1,000 digits"]),
        ("a: 0." + "1" * 1001, ["1.yaml:1: a: a number of more than 1,000 digits"]),
    ],
)  # fmt: skip
def test_errors_of_yaml_name_the_line(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_all_errors_are_listed_at_once() -> None:
    assert len(problems("a: .inf\nb: .nan\n1: x\nc: 1\nc: 2\n")) == 4


def test_depth_is_bounded() -> None:
    deep = "a: " + "[" * 64 + "]" * 64
    assert value(deep) is not None
    assert problems("a: " + "[" * 65 + "]" * 65) == ["1.yaml:1: nested more than 64 levels deep"]
    assert problems("a: " + "[" * 500_000) == ["1.yaml:1: nested more than 64 levels deep"]
    assert problems(f"a: &x {'[' * 40}{']' * 40}\nb: {'[' * 30}*x{']' * 30}") == [
        "1.yaml:2: nested more than 64 levels deep"
    ]


def test_repetition_is_bounded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert problems("\n".join(lines)) == ["1.yaml:5: more than 100,000 values in one file, repeated ones counted"]


def test_many_values_are_bounded() -> None:
    assert problems("a: [" + "1," * 100_001 + "]") == [
        "1.yaml:1: more than 100,000 values in one file, repeated ones counted"
    ]


@given(st.text(max_size=200) | st.text("[]{}:,-?&*!|>'\"%@#\n\t ab1.~<", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = value(text)
    except DocumentProblem:
        return
    dumps(found)


def test_the_parser_without_c_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: 1\nb: {c: [x, 2024-05-01, 1.50]}\nd:\ne: 'q'\n"
    fast = value(text)
    monkeypatch.setattr(yaml_text, "_LOADER", yaml.SafeLoader)
    assert value(text) == fast
    assert problems("a: [1") == [
        "1.yaml:1: expected ',' or ']', but got '<stream end>' (in the list in [ ] that begins in line 1)"
    ]
