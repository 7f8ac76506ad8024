"""Parts of documents that tests of uploads compare."""

from __future__ import annotations

from typing import cast

from datastore_db import Store, UploadReport
from datastore_db.json_codec import JsonObject

CLIENT_KEYS = {"user_data", "seed", "client_data", "client_feedback"}


def by_path(report: UploadReport) -> dict[str, str]:
    return {result.file: result.state for result in report.results}


def client_part(document: JsonObject) -> JsonObject:
    return {key: value for key, value in document.items() if key in CLIENT_KEYS}


def section(document: JsonObject, name: str) -> JsonObject:
    return cast(JsonObject, document[name])


def picture_at(store: Store, report: UploadReport, path: str) -> JsonObject:
    picture_id = next(result.picture_id for result in report.results if result.file == path)
    assert picture_id is not None
    return store.picture(picture_id)
