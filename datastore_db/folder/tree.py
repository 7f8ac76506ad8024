"""The content of a YAML or JSON file, each value with its place."""

from __future__ import annotations

import decimal
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from .problems import DocumentProblem, Place, Problem

if TYPE_CHECKING:
    from datastore_db.json_codec import Json, JsonObject

Scalar: TypeAlias = "None | bool | int | Decimal | str"

# A document has at most 64 levels; in an index, `picture_set` wraps one
MAX_DEPTH = 65
MAX_VALUES = 100_000
MAX_DIGITS = 1_000
# Each value keeps the pointer to it: below one of so many characters all have the same.
MAX_POINTER = 2_000


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place. Nodes are shared between documents and never changed."""

    value: Scalar | list[Node] | dict[str, Node]
    place: Place


def to_json(node: Node) -> Json:
    """The value alone, as a new object."""
    if isinstance(node.value, dict):
        return to_object(node)
    if isinstance(node.value, list):
        return [to_json(item) for item in node.value]
    return node.value


def to_object(node: Node) -> JsonObject:
    """The value alone of a node that holds an object."""
    return {key: to_json(child) for key, child in members(node).items()}


def members(node: Node) -> dict[str, Node]:
    """The keys of an object; of anything else, none."""
    return node.value if isinstance(node.value, dict) else {}


def merge(far: Node, near: Node) -> Node:
    """The values of `far` with those of `near` added or replaced: objects key by key, anything else as a whole."""
    if not (isinstance(far.value, dict) and isinstance(near.value, dict)):
        return near
    merged = dict(far.value)
    for key, value in near.value.items():
        merged[key] = merge(merged[key], value) if key in merged else value
    return Node(merged, near.place)


class Places:
    """Where each part of a document was written, found by its JSON Pointer."""

    def __init__(self, root: Node) -> None:
        self._root = root

    def __getitem__(self, instance_path: str) -> Place:
        """The place that the pointer names, or of the nearest part around it that was written."""
        return self._find(instance_path)[0]

    def problem(self, instance_path: str, message: str) -> Problem:
        """A problem of the part of the document that the pointer names, in its file's spelling."""
        place, rest = self._find(instance_path)
        return Problem(place.file, message, place.line, "".join([place.instance_path, *rest]) or None)

    def _find(self, instance_path: str) -> tuple[Place, list[str]]:
        node = self._root
        tokens = instance_path.split("/")[1:]
        for position, token in enumerate(tokens):
            child: Node | None = None
            if isinstance(node.value, dict):
                child = node.value.get(token.replace("~1", "/").replace("~0", "~"))
            elif (
                isinstance(node.value, list) and token.isascii() and token.isdecimal() and int(token) < len(node.value)
            ):
                child = node.value[int(token)]
            if child is None:
                return node.place, [f"/{token}" for token in tokens[position:]]
            node = child
        return node.place, []


class NotGiven:
    """An empty value: it says nothing, and what is inherited holds."""


NOT_GIVEN = NotGiven()


@dataclass(slots=True)
class _Frame:
    """An object or array that is being read."""

    node: Node
    size_before: int
    height: int = 1
    key: str | None = None
    key_line: int = 0
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Anchored:
    """A value that may be repeated, with its cost."""

    node: Node | NotGiven
    size: int
    height: int


class Builder:
    """Builds the tree of one file from what its parser meets, in order, within bounds of depth and number.

    What is wrong is collected, so that a file is mended in one go; `stop` ends the reading at once.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | NotGiven = NOT_GIVEN
        self.problems: list[Problem] = []
        self._frames: list[_Frame] = []
        self._size = 0

    def wrong(self, message: str, line: int | None, instance_path: str | None = None) -> None:
        self.problems.append(Problem(self.file, message, line, instance_path))

    def stop(self, message: str, line: int | None, instance_path: str | None = None) -> NoReturn:
        self.wrong(message, line, instance_path)
        raise DocumentProblem(self.problems)

    def finish(self) -> Node | NotGiven:
        """The root, if nothing was wrong."""
        if self.problems:
            raise DocumentProblem(self.problems)
        return self.root

    @property
    def wants_key(self) -> bool:
        """Whether the next value is the key of an object."""
        return bool(self._frames) and isinstance(self._frames[-1].node.value, dict) and self._frames[-1].key is None

    @property
    def here(self) -> str:
        """The JSON Pointer of the value that comes next; below a very long key that of the key."""
        if not self._frames:
            return ""
        frame = self._frames[-1]
        if len(frame.node.place.instance_path) > MAX_POINTER:
            return frame.node.place.instance_path
        step = str(len(frame.node.value)) if isinstance(frame.node.value, list) else frame.key or ""
        return f"{frame.node.place.instance_path}/{step.replace('~', '~0').replace('/', '~1')}"

    def key(self, key: str, line: int) -> None:
        frame = self._frames[-1]
        frame.key, frame.key_line = key, line
        if key in frame.lines:
            first = frame.lines[key]
            where = f"lines {first} and {line}" if first != line else f"line {line}"
            self.wrong(f"this key stands twice here, in {where}", line, self.here)
        frame.lines[key] = line

    def open(self, value: list[Node] | dict[str, Node], line: int) -> None:
        """An object or an array begins: what comes next goes into it, until `close`."""
        size = self._size
        self._count(1, line)
        self._check_depth(1, line)
        self._frames.append(_Frame(Node(value, self._place(line)), size))

    def close(self) -> Anchored:
        frame = self._frames.pop()
        self._add(frame.node, frame.height, frame.node.place.line or 0)
        return Anchored(frame.node, self._size - frame.size_before, frame.height)

    def scalar(self, value: Scalar | NotGiven, line: int) -> Anchored:
        self._count(1, line)
        node = value if isinstance(value, NotGiven) else Node(value, self._place(line))
        self._add(node, 0, line)
        return Anchored(node, 1, 0)

    def repeat(self, anchored: Anchored, line: int) -> None:
        """A value that stands elsewhere in the file stands here, too."""
        self._count(anchored.size, line)
        self._check_depth(anchored.height, line)
        self._add(anchored.node, anchored.height, line)

    def _place(self, line: int) -> Place:
        key_line = self._frames[-1].key_line if self._frames else 0
        return Place(self.file, key_line or line, self.here)

    def _count(self, size: int, line: int) -> None:
        self._size += size
        if self._size > MAX_VALUES:
            self.stop(f"more than {MAX_VALUES:,} values in one file, repeated ones counted", line)

    def _check_depth(self, height: int, line: int) -> None:
        if len(self._frames) + height > MAX_DEPTH:
            self.stop(f"nested more than {MAX_DEPTH - 1} levels deep", line)

    def _add(self, node: Node | NotGiven, height: int, line: int) -> None:
        if not self._frames:
            self.root = node
            return
        frame = self._frames[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.node.value, list):
            # An item cannot be left out without moving those behind it
            item = Node(None, self._place(line)) if isinstance(node, NotGiven) else node
            frame.node.value.append(item)
        elif isinstance(frame.node.value, dict) and frame.key is not None:
            if isinstance(node, Node):
                frame.node.value[frame.key] = node
            frame.key = None

    def number(self, text: str, line: int) -> int | Decimal:
        """A decimal number with all its digits; what is wrong with it is noted."""
        if len(text.lstrip("+-")) <= MAX_DIGITS and text.lstrip("+-").isdigit():
            return int(text)
        try:
            number = Decimal(text)
        except decimal.InvalidOperation:
            number = Decimal("Infinity")
        if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
            self.wrong("a number that is too large, or too close to zero", line, self.here)
        elif len(number.as_tuple().digits) > MAX_DIGITS:
            self.wrong(f"a number of more than {MAX_DIGITS:,} digits", line, self.here)
        return number
