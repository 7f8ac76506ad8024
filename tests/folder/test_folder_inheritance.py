"""Inheritance: values that add to others, and values that override them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastore_db.folder.problems import Place
from datastore_db.folder.tree import Node, Places, merge, to_json

from .trees import TIFF, document, open_as

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from datastore_db.folder.entries import Entry
    from datastore_db.json_codec import Json

    from .trees import Tree

LEAVES = st.none() | st.integers() | st.lists(st.integers(), max_size=2)
KEYS = st.sampled_from("abcd")
OBJECTS = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=3),
    lambda inner: st.dictionaries(KEYS, LEAVES | inner, max_size=3),
    max_leaves=12,
)
# Keys that hold objects in each of these, and others that never do: what documents of one form are like
SECTION = st.fixed_dictionaries({}, optional={"a": LEAVES, "y": st.dictionaries(KEYS, LEAVES)})
OF_ONE_FORM = st.fixed_dictionaries({}, optional={"a": LEAVES, "x": SECTION})


def node(value: object, file: str = "") -> Node:
    if isinstance(value, dict):
        return Node({key: node(inner, file) for key, inner in value.items()}, Place(file))
    if isinstance(value, list):
        return Node([node(inner, file) for inner in value], Place(file))
    assert value is None or isinstance(value, int)
    return Node(value, Place(file))


def merged(*values: object) -> Json:
    result = node(values[0])
    for value in values[1:]:
        result = merge(result, node(value))
    return to_json(result)


@given(OBJECTS)
def test_merging_an_empty_or_equal_value_changes_nothing(value: Json) -> None:
    assert merged({}, value) == merged(value, {}) == merged(value, value) == value


@given(OF_ONE_FORM, OF_ONE_FORM, OF_ONE_FORM)
def test_inheriting_is_associative(far: Json, middle: Json, near: Json) -> None:
    assert merged(merged(far, middle), near) == merged(far, merged(middle, near))


@given(OBJECTS, OBJECTS)
def test_each_value_comes_from_the_nearest_file_that_gives_it(far: Json, near: Json) -> None:
    result = merge(node(far, "far"), node(near, "near"))
    places = Places(result)

    def check(value: object, path: str, one: object, other: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                check(inner, f"{path}/{key}", *(side.get(key, _NONE) if isinstance(side, dict) else _NONE
                                                for side in (one, other)))  # fmt: skip
        else:
            assert value == (one if other is _NONE else other)
            assert places[path].file == ("far" if other is _NONE else "near")

    check(to_json(result), "", far, near)


_NONE = object()


@given(OBJECTS, OBJECTS)
def test_inherited_values_do_not_change(far: Json, near: Json) -> None:
    shared = node(far)
    merge(shared, node(near))
    assert to_json(shared) == far


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("userData: {list: [3], deep: {b: 2}}", {"zoom": 30, "list": [3], "deep": {"a": 1, "b": 2}}),
        ("userData: {zoom: , deep: }", {"zoom": 30, "list": [1, 2], "deep": {"a": 1}}),
        ("userData: {zoom: null, deep: ~}", {"zoom": None, "list": [1, 2], "deep": None}),
        ("userData:", {"zoom": 30, "list": [1, 2], "deep": {"a": 1}}),
        ("userData: null", None),
        ("userData: 5", 5),
        ("userData: {}", {"zoom": 30, "list": [1, 2], "deep": {"a": 1}}),
    ],
)
def test_the_nearest_file_wins_key_by_key(own: str, expected: Json, tmp_path: Path) -> None:
    tree: Tree = {
        "index.yaml": "userData: {zoom: 30, list: [1, 2], deep: {a: 1}}",
        "1.tiff": TIFF,
        "1.yaml": own,
        "2.tiff": TIFF,
    }
    with open_as("directory", tree, tmp_path) as folder:
        assert document(folder, "1.tiff") == {"user_data": expected}
        assert document(folder, "2.tiff") == {"user_data": {"zoom": 30, "list": [1, 2], "deep": {"a": 1}}}


def test_a_value_removed_on_the_way_down_stays_removed(tmp_path: Path) -> None:
    tree: Tree = {
        "index.yaml": "userData: {zoom: 30}",
        "s/index.json": '{"userData": null}',
        "s/1.tiff": TIFF,
        "s/1.yaml": "userData: {description: x}",
    }
    with open_as("directory", tree, tmp_path) as folder:
        assert document(folder, "s/1.tiff") == {"user_data": {"description": "x"}}


def test_an_index_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree: Tree = {"index.yaml": "seed: x", "s/index.yaml": "userData: {zoom: 1}"} | {
        f"{directory}/{number}.tiff": TIFF for directory in ("s", "s/t", "u") for number in range(5)
    }
    with open_as("directory", tree, tmp_path) as folder:
        opened: list[str] = []
        original = folder._source.open

        def noting(entry: Entry) -> BinaryIO:
            opened.append(entry.path)
            return original(entry)

        monkeypatch.setattr(folder._source, "open", noting)
        for some in folder.picture_sets:
            some.read_document()
            for one in some.pictures:
                one.read_document()
        assert sorted(opened) == ["index.yaml", "s/index.yaml"]


def test_documents_share_no_mutable_value(tmp_path: Path) -> None:
    tree: Tree = {"index.yaml": "userData: &u {list: [1]}\nother: *u", "1.tiff": TIFF}
    with open_as("directory", tree, tmp_path) as folder:
        first = document(folder, "1.tiff")
        assert first["user_data"] is not first["other"]
        first.clear()
        assert document(folder, "1.tiff") == {"user_data": {"list": [1]}, "other": {"list": [1]}}
