"""How the keys of the documents are spelled on disk, and renaming them to the one spelling inside.

The schemas of the documents have the known keys, by section. Their camelCase spelling follows a rule; what
does not follow it stands in `IRREGULAR` and `MOVED`. Keys that are not known are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from pydantic.alias_generators import to_camel

from datastore_db.json_codec import Json
from datastore_db.models.schema import document_schema, document_versions, properties

from .problems import Place, Problem
from .tree import Node, members

Keys: TypeAlias = "Mapping[str, Keys]"


def _keys(schema: Json) -> Keys:
    return {key: _keys(part) for key, part in properties(schema).items()}


# What an index says of the sets below it and of no picture; the rest of it goes to each picture
OF_SETS_ONLY = frozenset({"project_name", "submitter_name", "acquisition", "image_data_picture_set"})
# What an index says of the set of its own directory and of no other
HERE = "picture_set"


@cache
def known_keys(version: int) -> Keys:
    """The keys of a file that is written for a version of pictures."""
    sets = _keys(document_schema("picture_set"))
    own = {key: sets[key] for key in sorted(OF_SETS_ONLY)}
    return {**_keys(document_schema("picture", version)), **own, HERE: sets}


def version_of(root: Node) -> int:
    """The version of pictures that a file says it is written for; an unknown one is refused later, by the models."""
    keys = members(root)
    given = keys.get("schema_version", keys.get("schemaVersion"))
    return next((one for one in document_versions("picture") if given is not None and one == given.value), 1)


# Other spellings, by section
IRREGULAR: Mapping[str, Mapping[str, str]] = {
    "": {"UserData": "user_data", "info": "metadata"},
    "client_feedback": {"comparison": "historical_comparison"},
    "quality_check": {"dataQualityScore": "quality_score", "data_quality_score": "quality_score"},
}
# Keys of `client_feedback` that are `client_data.client_expertise`
MOVED = ("levelOfExpertise", "level_of_expertise")


def is_rebuilt(root: Node) -> bool:
    """Whether this is the document of a picture as a download wrote it, with its id, and not one that people wrote."""
    return "picture_id" in members(root)


def unify(root: Node) -> tuple[Node, list[Problem]]:
    """The document of one file in the spelling that is used inside, and each key that it spells in two ways."""
    problems: list[Problem] = []
    if is_rebuilt(root):
        # It is in that spelling. What looks like another one is a key that a client made up.
        return root, problems
    renamed = _rename(root, known_keys(version_of(root)), "", problems)
    return _move_expertise(renamed, problems), problems


_camel = cache(to_camel)


def _rename(node: Node, keys: Keys, section: str, problems: list[Problem]) -> Node:
    if not keys:
        return node
    if isinstance(node.value, list):
        return Node([_rename(item, keys, section, problems) for item in node.value], node.place)
    if not isinstance(node.value, dict):
        return node
    spellings = {_camel(key): key for key in keys} | dict(IRREGULAR.get(section, {}))
    renamed: dict[str, Node] = {}
    for key, child in node.value.items():
        name = spellings.get(key, key)
        if name in renamed:
            problems.append(_same_key(renamed[name].place, child.place))
        renamed[name] = _rename(child, keys.get(name, {}), name, problems)
    return Node(renamed, node.place)


def _same_key(first: Place, second: Place) -> Problem:
    key = first.instance_path.removeprefix("/")
    message = f"the same key as {key} in line {first.line}: keep one of the two"
    return Problem(second.file, message, second.line, second.instance_path)


def _move_expertise(root: Node, problems: list[Problem]) -> Node:
    sections = dict(members(root))
    feedback = sections.get("client_feedback")
    if feedback is None:
        return root
    moved = [node for key, node in members(feedback).items() if key in MOVED]
    if not moved:
        return root
    client = sections.get("client_data", Node({}, feedback.place))
    if not isinstance(client.value, dict):
        place, taken = moved[0].place, client.place
        message = f"its place is in {taken.instance_path[1:]} in line {taken.line}, which holds no keys"
        problems.append(Problem(place.file, message, place.line, place.instance_path))
        return root
    known = [node for node in (client.value.get("client_expertise"), *moved) if node is not None]
    problems += [_same_key(known[0].place, other.place) for other in known[1:]]
    sections["client_data"] = Node({**client.value, "client_expertise": known[0]}, client.place)
    rest = {key: node for key, node in members(feedback).items() if key not in MOVED}
    if rest:
        sections["client_feedback"] = Node(rest, feedback.place)
    else:
        del sections["client_feedback"]
    return Node(sections, root.place)
