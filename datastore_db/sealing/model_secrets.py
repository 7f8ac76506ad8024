"""The secrets in a document of pipelines: each model's `api_key` and `endpoint`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from datastore_db.errors import DocumentError, InvalidDocument
from datastore_db.json_codec import Json, JsonObject
from datastore_db.models.pipelines import Pipelines, PipelinesInFile
from datastore_db.models.schema import pointer
from datastore_db.sealing.errors import CannotUnseal
from datastore_db.sealing.key_ring import KeyEncryptionKeys
from datastore_db.sealing.key_source import find_keys
from datastore_db.sealing.sealed import Sealed, seal, unseal

SECRETS = ("api_key", "endpoint")


def sealed_pipelines(document: object, local_home: Path | None) -> JsonObject:
    """A checked document whose secrets are sealed. Raises `InvalidDocument`, which shows no secret, or `NoKey`.

    local_home: the folder of the local servers, if the secrets are for them.
    """
    given = document.as_json() if isinstance(document, Pipelines) else document
    errors = list(_stray_secrets(given))
    try:
        checked = PipelinesInFile.read(given).as_json()
    except InvalidDocument as error:
        errors += error.errors
    if errors:
        raise InvalidDocument(errors, "the pipelines document")
    # Asked for when there is something to seal.
    keys = cache(lambda: find_keys(local_home))
    models = checked.get("models", [])
    assert isinstance(models, list)
    return checked | ({"models": [_sealed_model(model, keys) for model in models]} if models else {})


def opened_models(document: JsonObject, local_home: Path | None) -> list[JsonObject]:
    """The models of a document that came back with keys, their secrets open. Raises `NoKey` or `CannotUnseal`.

    local_home: the folder of the local servers, if it came from them.
    """
    models = document["models"]
    assert isinstance(models, list)
    keys = cache(lambda: find_keys(local_home))
    return [_opened_model(model, keys) for model in models if isinstance(model, dict)]


def _sealed_model(model: Json, the_keys: Callable[[], KeyEncryptionKeys]) -> JsonObject:
    assert isinstance(model, dict)
    sealed = dict(model)
    for field in SECRETS:
        text = model.get(field)
        if isinstance(text, str):
            sealed[field] = seal(text, _purpose(str(model["model_name"]), field), the_keys()).as_json()
    return sealed


def _opened_model(model: JsonObject, the_keys: Callable[[], KeyEncryptionKeys]) -> JsonObject:
    name = str(model["model_name"])
    opened = dict(model)
    for field in SECRETS:
        if model.get(field) is not None:
            try:
                opened[field] = unseal(Sealed.from_json(model[field]), _purpose(name, field), the_keys())
            except CannotUnseal as error:
                raise CannotUnseal(
                    f"the {field} of the model {name} does not open: {error}. Else import the secret again"
                ) from None
    return opened


def _purpose(model_name: str, field: str) -> tuple[str, ...]:
    return ("model", model_name, field)


def _stray_secrets(document: object) -> Iterator[DocumentError]:
    """Where something like a secret stands under a key that is not kept as one. SQL refuses the same."""
    message = "expected secrets as api_key and endpoint of a model: under another key they would be kept in clear"
    for path in _stray(document, []):
        at = ""
        for step in path:
            at = pointer(at, step)
        yield {"instance_path": at, "keyword": "spelling", "message": message}


def _stray(value: object, path: list[str | int]) -> Iterator[list[str | int]]:
    if len(path) >= 3 and path[0] == "models" and path[2] in SECRETS:
        return
    if path and value is not None:
        name = re.sub(r"[^A-Za-z]", "", str(path[-1])).lower()
        in_an_item = len(path) == 3 and path[0] in ("models", "pipelines")
        if name == "apikey" or (name == "endpoint" and in_an_item):
            yield path
    if len(path) > 64:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _stray(item, [*path, str(key)])
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _stray(item, [*path, place])
