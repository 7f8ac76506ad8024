"""Calls by hand, whose inputs reach what they are for: places of documents of the right kind, names, arrays of ids."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from datastore_db.json_codec import dumps
from tests.fuzz.functions import PUBLIC, Input
from tests.fuzz.inputs import FILLERS, KINDS, document_of

# Functions of names, emails and the like: what looks like JSON is a text there.
TEXTS = {
    "find_seed_named", "register_user", "create_group", "find_group_named", "container_called", "set_member",
    "find_user", "set_site_role", "seed_key", "seed_name_of", "seed_of_new_label", "seed_of_label", "version_parts",
    "from_base64", "read_document", "is_json", "share_container", "remove_member", "hand_out_link", "plan_key",
    "rebuild_evaluation",
}  # fmt: skip


def call_by_hand(chance: Random) -> Input:
    """A function, a place in its document, and what fills it, by chance."""
    kind = chance.choice([*KINDS, ""])
    name = chance.choice(list(FILLERS))
    place, document = document_of(chance, kind, FILLERS[name])
    title = f"{kind} {'/'.join(place) or 'itself'}: {name}, {len(document):,} characters"
    function, arguments = chance.choice(list(_calls(kind, document)))
    casts = ["::jsonb" if _is_json(argument) and function not in TEXTS else "" for argument in arguments]
    if function == "open_picture_set":
        # A path may look like a document.
        casts[:2] = "", ""
    places = tuple("%s" + cast for cast in casts)
    return Input(f"{function}, {title}", function, arguments, places, function in PUBLIC, is_by_hand=True)


def _is_json(argument: str) -> bool:
    """Could PostgreSQL read it? Of what it cannot, the functions that take text say so."""
    return argument[:1] in ("[", "{") and "\\ud800" not in argument and "\\u0000" not in argument


def _calls(kind: str, document: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if kind == "picture":
        yield "update_picture", ("$picture", document)
        yield "announce_pictures", ("$picture_set", document)
        yield "announce_pictures", ("$picture_set", f"[{document}]")
        yield "confirm_pictures", (document,)
        yield "confirm_pictures", (f'[{{"picture_id":"$picture","size":{document}}}]',)
        yield "find_seed_named", (document,)
        yield "register_user", (document,)
    elif kind == "inspection":
        yield "announce_pictures", ("$picture_set", "[{}]", f"[{document}]")
        yield "announce_pictures", ("$picture_set", document, document)
    elif kind == "picture_set":
        yield "create_picture_set", (document,)
        yield "open_picture_set", ("root", "path", document)
        yield "open_picture_set", ("root", document, "{}")
        yield "create_group", (document,)
    elif kind == "inference":
        yield "import_inference", ("$picture", document)
        yield "import_inferences", (document,)
        yield "import_inferences", (f'[{{"picture_id":"$picture","document":{document}}}]',)
        yield (
            "import_inferences",
            (
                "["
                + ",".join(['{"picture_id":"$picture","document":{"boxes":[],"totalBoxes":0,"verified":1}}'] * 900)
                + "]",
            ),
        )
    elif kind == "feedback":
        yield "record_feedback", (document,)
    elif kind == "pipelines":
        yield "import_pipelines", (document,)
    elif kind:
        yield "document_errors", (kind, document)
    else:
        yield from _other_calls(document)


def _other_calls(given: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Keys, sharing, links, performance: with ids, names and arrays. A name is a text, and no document."""
    for function in (
        "find_group_named",
        "container_called",
        "find_user",
        "seed_key",
        "seed_name_of",
        "seed_of_new_label",
    ):
        yield function, (given,)
    for function in ("seed_of_label", "version_parts", "from_base64", "read_document", "is_json"):
        yield function, (given,)
    for function in ("revoke_keys", "revoke_links", "list_keys", "list_links", "limit_errors", "public_tags"):
        yield function, (given,)
    yield "revoke_keys", ("[]", given)
    yield "list_links", (f'["$container",{dumps(given)}]', "true")
    yield "confirm_upload", ("$picture", given, "e")
    yield "set_member", ("$picture", given)
    yield "set_member", ("$picture", "ana@example.org", given)
    yield "remove_member", ("$picture", given)
    yield "set_site_role", (given, "user")
    yield "set_site_role", ("ana@example.org", given)
    yield "share_container", ("$picture", given)
    yield "plan_key", ("$container", given, "1 hour")
    yield "hand_out_link", ("$picture", given)
    yield "rebuild_evaluation", (given,)
    for kind in KINDS:
        yield "document_errors", (kind, given)
        yield "document_is_valid", (kind, given)
