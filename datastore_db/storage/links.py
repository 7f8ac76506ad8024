"""Links to single pictures in storage, for a browser: signed for one blob and a short time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, TypedDict, cast
from uuid import UUID

from datastore_db.database.calls import Database
from datastore_db.inspection.formats import media_type
from datastore_db.json_codec import JsonObject
from datastore_db.storage.account import CREATE_ONE_BLOB, Account, disposition


class Link(TypedDict):
    """A link that was handed out. Use it with this method and these headers, and before it expires."""

    url: str
    method: Literal["GET", "PUT"]
    headers: dict[str, str]
    picture_id: str
    expires_at: str


async def read_link(
    database: Database,
    account: Account,
    picture_id: UUID,
    minutes: int,
    acting: UUID | None,
    *,
    personal_data: bool,
    make_copy: Callable[[UUID], Awaitable[None]],
) -> Link:
    """A link that lets any holder read one picture, or its copy without personal data.

    make_copy: makes the copy of a picture that has none yet. Raises `NotFound`, `NotAllowed`, or `Conflict` while the
    picture has not arrived.
    """
    found = await _recorded(database, account, picture_id, "read", minutes, acting, personal_data=personal_data)
    if found["copy_is_needed"]:
        await make_copy(picture_id)
        found = await _recorded(database, account, picture_id, "read", minutes, acting, personal_data=personal_data)
    url = await account.sign_blob(
        str(found["container_name"]),
        str(found["blob_name"]),
        "r" if found["policy_name"] is None else None,
        _time(found["starts_at"]),
        _time(found["expires_at"]),
        policy=None if found["policy_name"] is None else str(found["policy_name"]),
        # Not the type of the upload: a browser must take it for a picture, or for no type that it shows.
        content_type=media_type(found["format"]),
        content_disposition=disposition(str(found["file_name"])),
    )
    return _link(url, "GET", {}, found)


async def write_link(database: Database, account: Account, picture_id: UUID, minutes: int, acting: UUID | None) -> Link:
    """A link that lets any holder upload the bytes of one announced picture. Raises `NotFound`, or `Conflict`.

    It makes one blob, under a name of its own, and can change nothing: `datastore_db.upload.link` takes it from there.
    """
    found = await _recorded(database, account, picture_id, "write", minutes, acting)
    url = await account.sign_blob(
        str(found["container_name"]),
        str(found["blob_name"]),
        CREATE_ONE_BLOB,
        _time(found["starts_at"]),
        _time(found["expires_at"]),
    )
    headers = {"x-ms-blob-type": "BlockBlob"}
    if found["format"] is not None:
        headers["x-ms-blob-content-type"] = media_type(found["format"])
    if found["md5"] is not None:
        headers["x-ms-blob-content-md5"] = str(found["md5"])
    return _link(url, "PUT", headers, found)


async def _recorded(
    database: Database,
    account: Account,
    picture_id: UUID,
    permission: str,
    minutes: int,
    acting: UUID | None,
    *,
    personal_data: bool = False,
) -> JsonObject:
    await account.see_that_it_signs()  # nothing is recorded that is not handed out
    found = await database.call(
        "hand_out_link",
        acting=acting,
        picture_id=picture_id,
        permission=permission,
        minutes=minutes,
        personal_data=personal_data,
        with_policy=account.signer.names_policies,
    )
    return cast(JsonObject, found)


def _link(url: str, method: Literal["GET", "PUT"], headers: dict[str, str], found: JsonObject) -> Link:
    return {
        "url": url,
        "method": method,
        "headers": headers,
        "picture_id": str(found["picture_id"]),
        "expires_at": str(found["expires_at"]),
    }


def _time(value: object) -> datetime:
    return datetime.fromisoformat(str(value))
