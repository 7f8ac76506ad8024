"""JSON text to a tree with lines."""

from __future__ import annotations

import re

import simplejson

from .tree import MAX_DEPTH, Builder, Node

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def read_json(text: str, file: str) -> Node:
    """The object that the text holds. Raises `DocumentProblem`."""
    builder = Builder(file)
    _check_grammar(text, builder)
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", counted, token.start())
        counted = token.start()
        match token[0][0]:
            case "{":
                builder.open({}, line)
            case "[":
                builder.open([], line)
            case "}" | "]":
                builder.close()
            case ":" | ",":
                pass
            case '"' if builder.wants_key:
                builder.key(_string(token[0]), line)
            case '"':
                builder.scalar(_string(token[0]), line)
            case "t" | "f" | "n":
                builder.scalar(_LITERALS[token[0]], line)
            case _:
                builder.scalar(builder.number(token[0], line), line)
    root = builder.finish()
    if not isinstance(root, Node) or not isinstance(root.value, dict):
        builder.stop('must hold an object, such as {"seed": "Ambrosia trifida"}', 1)
    return root


def _check_grammar(text: str, builder: Builder) -> None:
    try:
        # Numbers are left as text here: each is judged by itself, with its line
        simplejson.loads(text, parse_int=str, parse_float=str, allow_nan=False)
    except simplejson.JSONDecodeError as error:
        what = error.msg.replace(" %r", "").removesuffix(" at")
        builder.stop(f"is not JSON: {what} (column {error.colno})", error.lineno)
    except RecursionError:
        builder.stop(f"nested more than {MAX_DEPTH - 1} levels deep", None)


def _string(token: str) -> str:
    return str(simplejson.loads(token))
