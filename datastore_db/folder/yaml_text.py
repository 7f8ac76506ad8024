"""YAML text to a tree with lines: what JSON can hold, read by the core schema of YAML 1.2.

So `yes`, `2024-05-01`, `12:30` and `1_000` are texts, numbers keep their digits, and an empty value is not given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from .problems import shown
from .tree import MAX_DIGITS, NOT_GIVEN, Anchored, Builder, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tree import NotGiven, Scalar

# The parser in C is many times faster; PyYAML is built without it where libyaml is missing
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LITERALS: dict[str, bool | None] = {
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **dict.fromkeys(["null", "Null", "NULL", "~"]),
}

_STANDARD = "tag:yaml.org,2002:"
_HINTS = {
    "mapping values are not allowed in this context": "a ':' where no key can be: check how far this line and the "
    "one before it are indented, and put a text that contains ': ' in quotes",
    "did not find expected key": "a key was expected: check how far this line is indented",
    "did not find expected '-' indicator": "'-' was expected: check how far this line is indented",
    "could not find expected ':'": "':' was expected after a key",
    "found unexpected end of stream": "the closing quote is missing",
}
_CONTEXTS = {
    "a flow sequence": "the list in [ ]",
    "a flow mapping": "the mapping in { }",
    "a block mapping": "the mapping",
    "a block collection": "the list",
    "a quoted scalar": "the text in quotes",
    "a simple key": "the key",
}


def read_yaml(text: str, file: str) -> Node | None:
    """The mapping that the text holds, or None if it holds nothing. Raises `DocumentProblem`."""
    builder = Builder(file)
    if strange := _NOT_TEXT.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        builder.stop(f"the character {shown(strange[0])} cannot stand in YAML as it is", line)
    try:
        _Reader(builder).read(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        _explain(error, text, builder)
    root = builder.finish()
    if not isinstance(root, Node):
        return None
    if not isinstance(root.value, dict):
        builder.stop("must hold keys with values, such as 'seed: Ambrosia trifida'", root.place.line)
    return root


class _Reader:
    """Takes the parser's events one by one, so that nothing is built beyond the bounds."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._anchored: dict[str, Anchored] = {}
        self._unfinished: list[str | None] = []

    def read(self, events: Iterator[yaml.Event]) -> None:
        documents = 0
        for event in events:
            line = event.start_mark.line + 1 if event.start_mark else 0
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        self._builder.stop("a second document begins here; one file holds one", line)
                case yaml.ScalarEvent():
                    self._scalar(event, line)
                case yaml.AliasEvent():
                    self._alias(event.anchor or "", line)
                case yaml.CollectionStartEvent():
                    self._open(event, line)
                case yaml.CollectionEndEvent():
                    self._close()
                case _:
                    pass

    def _open(self, event: yaml.CollectionStartEvent, line: int) -> None:
        builder = self._builder
        if builder.wants_key:
            builder.stop("a key must be a text", line)
        mapping = isinstance(event, yaml.MappingStartEvent)
        self._check_tag(event.tag, ["map" if mapping else "seq"], line)
        builder.open({} if mapping else [], line)
        self._anchored.pop(event.anchor or "", None)
        self._unfinished.append(event.anchor)

    def _close(self) -> None:
        self._anchor(self._unfinished.pop(), self._builder.close())

    def _alias(self, anchor: str, line: int) -> None:
        builder = self._builder
        if builder.wants_key:
            builder.stop("a key must be a text", line)
        if anchored := self._anchored.get(anchor):
            builder.repeat(anchored, line)
        elif anchor in self._unfinished:
            builder.stop(f"*{shown(anchor)} stands inside of what it repeats", line)
        else:
            builder.stop(f"*{shown(anchor)} repeats what &{shown(anchor)} marks, which does not come before it", line)

    def _anchor(self, anchor: str | None, anchored: Anchored) -> None:
        if anchor is not None:
            self._anchored[anchor] = anchored

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        builder = self._builder
        # The implicit flags say whether a plain, or else a quoted, value needs no tag
        plain = not event.style and event.tag is None
        if not builder.wants_key:
            value = self._resolve(event.value, line) if plain else event.value
            self._check_tag(event.tag, ["str"], line)
            self._anchor(event.anchor, builder.scalar(value, line))
            return
        if plain and event.value == "<<":
            builder.wrong("merge keys (<<) are not supported: write the keys out", line)
        elif not plain:
            self._check_tag(event.tag, ["str"], line)
        builder.key(event.value, line)
        if plain and not isinstance(self._resolve(event.value, line), str):
            builder.wrong("a key must be a text: put it in quotes", line, builder.here)

    def _check_tag(self, tag: str | None, kinds: list[str], line: int) -> None:
        if tag not in {None, "!", *(_STANDARD + kind for kind in kinds)}:
            self._builder.wrong(f"the tag {shown(str(tag)).replace(_STANDARD, '!!')} is not supported", line)

    def _resolve(self, text: str, line: int) -> Scalar | NotGiven:
        """The meaning of a value without quotes."""
        if text == "":
            return NOT_GIVEN
        if text in _LITERALS:
            return _LITERALS[text]
        if _NUMBER.fullmatch(text):
            return self._builder.number(text, line)
        if _OCTAL_OR_HEX.fullmatch(text):
            if len(text) > MAX_DIGITS:
                self._builder.wrong(f"a number of more than {MAX_DIGITS:,} digits", line, self._builder.here)
            return int(text, 0)
        if _NOT_FINITE.fullmatch(text):
            message = f"{text} is no number that JSON can hold; put it in quotes if it is a text"
            self._builder.wrong(message, line, self._builder.here)
        return text


def _explain(error: yaml.YAMLError, text: str, builder: Builder) -> None:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        builder.stop("is not YAML", None)
    lines = text.splitlines() or [""]
    line = min(error.problem_mark.line, len(lines) - 1)
    at = lines[line][error.problem_mark.column : error.problem_mark.column + 1]
    problem = error.problem or "is not YAML"
    if at == "\t":
        message = "a tab stands here, where YAML takes spaces only"
    elif problem == "found character that cannot start any token":
        message = f"a value cannot start with {at}: put it in quotes"
    else:
        message = _HINTS.get(problem, problem.replace("did not find expected", "expected"))
    for context, name in _CONTEXTS.items():
        if error.context_mark and (error.context or "").endswith(context):
            message += f" (in {name} that begins in line {error.context_mark.line + 1})"
    builder.stop(message, line + 1)
