"""Copies of pictures without personal data: their readers, that they are made once, and their end."""

from __future__ import annotations

import asyncio
import io
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from datastore_db import Conflict, NotAllowed, Store, aio, connect
from datastore_db.aio import User
from datastore_db.errors import NotReady
from datastore_db.inspection import inspect
from datastore_db.json_codec import JsonObject
from tests.inspection.test_stripping import LADEN, SECRET, pixels
from tests.support.pictures import picture


@pytest.fixture
def bob(store: Store, ana: User) -> User:
    """Sees Ana's container, and may not change it."""
    bob = store.register_user("bob@example.org")
    group = store.create_group("lab", user_id=ana["user_id"])["group_id"]
    store.set_member(group, "bob@example.org", "reader", user_id=ana["user_id"])
    store.join_group(group, user_id=bob["user_id"])
    store.share(group, "reader", user_id=ana["user_id"])
    return bob


@pytest.fixture
def laden(store: Store, ana: User) -> str:
    return uploaded(store, ana, LADEN["tags.tif"])


def uploaded(store: Store, user: User, content: bytes) -> str:
    (stored,) = store.upload_pictures([(content, {})], user_id=user["user_id"])
    return stored["picture_id"]


def fetched(link: Any) -> tuple[bytes, str]:
    with urllib.request.urlopen(link["url"]) as answer:
        return answer.read(), answer.headers["Content-Type"]


def tags_of(content: bytes) -> object:
    return inspect(io.BytesIO(content), "x").image_data["tags"]


def copies(database: psycopg.Connection) -> list[tuple[Any, ...]]:
    return database.execute("select state, size, reason from datastore.picture_derivative").fetchall()


@pytest.mark.parametrize("name", ["tags.tif", "more.jpg", "texts.png", "exif.webp", "more.gif", "imagej.tif"])
def test_a_reader_gets_the_copy_and_the_owner_the_original(
    store: Store, ana: User, bob: User, database: psycopg.Connection, name: str
) -> None:
    picture_id = uploaded(store, ana, LADEN[name])
    own, media_type = store.read_picture(picture_id, user_id=ana["user_id"])
    assert own == LADEN[name]
    assert copies(database) == []
    copy, copied_type = store.read_picture(picture_id, user_id=bob["user_id"])
    assert (pixels(copy), copied_type) == (pixels(own), media_type)
    assert SECRET.encode() not in copy
    assert fetched(store.link(picture_id, user_id=bob["user_id"])) == (copy, media_type)
    # A link may be passed on, so the owner's is to the copy as well, unless they ask for the original.
    assert fetched(store.link(picture_id, user_id=ana["user_id"])) == (copy, media_type)
    assert fetched(store.link(picture_id, personal_data=True, user_id=ana["user_id"])) == (own, media_type)
    with pytest.raises(NotAllowed, match="personal data, which its owner does not show"):
        store.link(picture_id, personal_data=True, user_id=bob["user_id"])
    assert copies(database) == [("stored", len(copy), None)]

    store.share_personal_data(user_id=ana["user_id"])
    assert store.read_picture(picture_id, user_id=bob["user_id"]) == (own, media_type)
    assert fetched(store.link(picture_id, personal_data=True, user_id=bob["user_id"])) == (own, media_type)


def test_a_picture_without_personal_data_needs_no_copy(
    store: Store, ana: User, bob: User, database: psycopg.Connection
) -> None:
    content = picture(1, "PNG")
    picture_id = uploaded(store, ana, content)
    assert store.picture(picture_id, user_id=bob["user_id"])["audit_trail"]["privacy_flag"] is False  # type: ignore[index, call-overload]
    assert store.read_picture(picture_id, user_id=bob["user_id"])[0] == content
    assert fetched(store.link(picture_id, user_id=bob["user_id"]))[0] == content
    assert fetched(store.link(picture_id, personal_data=True, user_id=bob["user_id"]))[0] == content
    assert copies(database) == []


def test_where_there_can_be_no_copy_nothing_is_served(
    store: Store, ana: User, bob: User, database: psycopg.Connection
) -> None:
    content = LADEN["more.gif"][: -len(SECRET) - 1] + b"\x21\x01\x0c" + bytes(12) + b"\0\x3b"
    picture_id = uploaded(store, ana, content)
    for attempt in (store.read_picture, store.link):
        with pytest.raises(NotAllowed, match="there can be no copy without: the GIF draws text"):
            attempt(picture_id, user_id=bob["user_id"])
    assert store.read_picture(picture_id, user_id=ana["user_id"])[0] == content
    assert [state for state, _, _ in copies(database)] == ["refused"]


def test_many_requests_at_once_make_one_copy(
    database_url: str, storage_connection_string: str, store: Store, ana: User, bob: User, laden: str,
    database: psycopg.Connection,
) -> None:  # fmt: skip
    async def ask() -> set[bytes]:
        async with (
            await aio.connect(database_url, storage_connection_string) as one,
            await aio.connect(database_url, storage_connection_string) as other,
        ):
            asked = [asking.read_picture(laden, user_id=bob["user_id"]) for asking in (one, other) for _ in range(4)]
            return {content for content, _ in await asyncio.gather(*asked)}

    assert len(asyncio.run(ask())) == 1
    assert [state for state, _, _ in copies(database)] == ["stored"]
    actions = database.execute("select action from datastore.history where entity = 'picture_derivative'").fetchall()
    assert actions == [("created",), ("changed",)]


def test_a_process_that_was_cut_off_is_followed_by_another(
    store: Store, ana: User, bob: User, laden: str, database: psycopg.Connection
) -> None:
    copy, _ = store.read_picture(laden, user_id=bob["user_id"])
    # It had put the blob there, and did not come to say so.
    database.execute(
        "update datastore.picture_derivative set state = 'pending', size = null, md5 = null, sha256 = null,"
        " etag = null, begun_at = now() - interval '11 minutes'"
    )
    assert store.read_picture(laden, user_id=bob["user_id"])[0] == copy
    assert copies(database) == [("stored", len(copy), None)]


def test_a_failure_lets_the_next_one_try(
    store: Store, ana: User, bob: User, laden: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("datastore_db.pictures.derivatives.strip", lambda file: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.read_picture(laden, user_id=bob["user_id"])
    assert copies(database) == [("pending", None, None)]
    assert SECRET.encode() not in store.read_picture(laden, user_id=bob["user_id"])[0]


@pytest.mark.parametrize("how", ["delete from datastore.picture", "truncate datastore.picture cascade"])
def test_a_copy_is_deleted_with_its_picture(
    worker: Store, store: Store, ana: User, bob: User, laden: str, database: psycopg.Connection, how: str
) -> None:
    link = store.link(laden, user_id=bob["user_id"])
    fetched(link)
    database.execute(how.encode())
    queued = database.execute("select blob_name from datastore.blob_deletion order by 1").fetchall()
    assert [name.partition("/")[0] == "derivatives" for (name,) in queued] == [False, True] or len(queued) == 2
    database.execute("update datastore.blob_deletion set queued_at = queued_at - interval '1 day'")
    assert worker.sweep() == 2
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetched(link)


def test_downloads_of_a_reader_are_copies(store: Store, ana: User, bob: User, laden: str, tmp_path: Path) -> None:
    document: JsonObject = store.picture(laden, user_id=ana["user_id"])
    set_id = str(document["picture_set_id"])
    first = store.download(set_id, tmp_path / "bob", user_id=bob["user_id"])
    assert (len(first.written), first.problems) == (1, [])
    content = (tmp_path / "bob" / first.written[0]).read_bytes()
    assert content == store.read_picture(laden, user_id=bob["user_id"])[0] != LADEN["tags.tif"]
    assert SECRET not in "".join(path.read_text() for path in (tmp_path / "bob").glob("*.json"))
    again = store.download(set_id, tmp_path / "bob", user_id=bob["user_id"])
    assert (len(again.unchanged), again.problems) == (1, [])
    own = store.download(set_id, tmp_path / "ana", user_id=ana["user_id"])
    assert (tmp_path / "ana" / own.written[0]).read_bytes() == LADEN["tags.tif"]


@pytest.fixture
def without_account(database_url: str) -> Iterator[Store]:
    """As a backend has it that has the keys of containers alone."""
    with connect(database_url) as store:
        yield store


def test_the_error_without_credentials_names_the_remedy(
    without_account: Store, ana: User, bob: User, laden: str
) -> None:
    with pytest.raises(NotReady, match="run datastore-db copies"):
        without_account.read_picture(laden, user_id=bob["user_id"])


def test_copies_are_made_beforehand(
    owner: Store, store: Store, ana: User, bob: User, laden: str, database: psycopg.Connection
) -> None:
    assert owner.make_copies() == 1
    assert [state for state, _, _ in copies(database)] == ["stored"]
    assert owner.make_copies() == 0


def test_a_pending_picture_has_no_copy(store: Store, ana: User, database: psycopg.Connection) -> None:
    query = "select datastore.announce_pictures(%s, '[{}]') #>> '{0,picture_id}' from datastore.act_as(%s)"
    row = database.execute(query, [ana["picture_set_id"], ana["user_id"]]).fetchone()
    assert row is not None
    with pytest.raises(Conflict):
        store.link(row[0], user_id=ana["user_id"])
    with pytest.raises(psycopg.Error, match="DS409"):
        database.execute("select datastore.begin_copy(%s)", [row[0]])
