"""The Python interface, blocking and async: one implementation, the same answers and errors."""

from __future__ import annotations

import asyncio
import inspect
import io
import uuid
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import cast

import pytest

from datastore_db import (
    BrokenPicture,
    Conflict,
    DatastoreError,
    InvalidDocument,
    NewPicture,
    NotAllowed,
    NotAPicture,
    NotFound,
    Store,
    aio,
    blocking,
    connect,
)
from datastore_db.aio import User
from datastore_db.json_codec import JsonObject
from datastore_db.models import Picture, PictureSet
from tests.support.pictures import EXAMPLE, picture
from tests.support.storage import blobs
from tools.blocking_methods import BLOCKING, with_methods


class TestUploadPictures:
    """Uploads of a backend, without a folder."""

    def test_pictures_are_paths_bytes_or_streams(self, acting: Store, tmp_path: Path) -> None:
        path = tmp_path / "by path.png"
        path.write_bytes(picture(1, "PNG"))
        with (tmp_path / "stream.tiff").open("w+b") as stream:
            stream.write(picture(3))
            results = acting.upload_pictures(
                [
                    (path, {"seed": "Solanum nigrum"}),
                    (picture(2), None),
                    NewPicture(stream, {"user_data": {"zoom": Decimal("2.50")}}, name="named.tiff"),
                ]
            )
            assert not stream.closed
        assert [result["state"] for result in results] == ["uploaded"] * 3
        documents = [acting.picture(result["picture_id"]) for result in results]
        names = [cast(JsonObject, document["metadata"]).get("file_name") for document in documents]
        assert names == ["by path.png", None, "named.tiff"]
        assert documents[0]["seed"] == "Solanum nigrum"
        assert cast(JsonObject, documents[2]["user_data"])["zoom"] == Decimal("2.50")
        assert acting.read_picture(results[2]["picture_id"]) == (picture(3), "image/tiff")

    def test_one_picture_is_uploaded(self, acting: Store, ana: User) -> None:
        (result,) = acting.upload_pictures(NewPicture(picture(1)))
        assert acting.picture(result["picture_id"])["picture_set_id"] == ana["picture_set_id"]

    def test_a_list_without_pictures_is_uploaded(self, acting: Store) -> None:
        assert acting.upload_pictures([]) == []

    def test_pictures_are_uploaded_into_a_set(self, acting: Store) -> None:
        made = acting.create_picture_set({"name": "lot"})
        (result,) = acting.upload_pictures([(picture(1), {})], picture_set_id=str(made["picture_set_id"]))
        assert acting.picture(result["picture_id"])["picture_set_id"] == made["picture_set_id"]

    def test_bytes_that_are_there_give_the_picture_that_exists(self, acting: Store) -> None:
        (first,) = acting.upload_pictures([(picture(1), {"a": 1})])
        again, same, new = acting.upload_pictures([(picture(1), {"a": 1}), (picture(2), {}), (picture(2), {})])
        assert (again["picture_id"], again["state"]) == (first["picture_id"], "unchanged")
        assert same["picture_id"] == new["picture_id"]

    def test_large_files_go_up_in_pieces(self, acting: Store, tmp_path: Path) -> None:
        path = tmp_path / "large.tiff"
        path.write_bytes(picture(1, size=(3000, 2000)))
        (result,) = acting.upload_pictures([(path, {})])
        content, _ = acting.read_picture(result["picture_id"])
        assert content == path.read_bytes()

    def test_one_wrong_picture_stops_the_upload(self, acting: Store, ana: User, storage_connection_string: str) -> None:
        with pytest.raises(InvalidDocument) as invalid:
            acting.upload_pictures([(picture(1), {}), (picture(2), {"user_data": {"zoom": -1}})])
        assert [error["instance_path"] for error in invalid.value.errors] == ["/1/user_data/zoom"]
        with pytest.raises(BrokenPicture, match="picture 1"):
            acting.upload_pictures([(picture(1), {}), (picture(2)[:50], {})])
        with pytest.raises(NotAPicture):
            acting.upload_pictures([(picture(1), {}), (b"some text", {})])
        assert blobs(storage_connection_string, ana["container_name"]) == {}

    def test_errors_of_the_database_are_raised(self, acting: Store) -> None:
        document: JsonObject = {"seed": {"seed_id": str(uuid.uuid4())}}
        with pytest.raises(InvalidDocument) as invalid:
            acting.upload_pictures([(picture(1), {}), (picture(2), document)])
        assert [error["instance_path"] for error in invalid.value.errors] == ["/1/seed/seed_id"]

    def test_a_missing_file_is_an_error(self, acting: Store, tmp_path: Path) -> None:
        with pytest.raises(BrokenPicture, match="No such file"):
            acting.upload_pictures([(tmp_path / "nothing.tiff", {})])


class TestActingUser:
    def test_the_acting_user_is_an_argument_or_a_block(self, store: Store, ana: User) -> None:
        bob = store.register_user("bob@example.org")
        (result,) = store.upload_pictures([(picture(1), {})], user_id=ana["user_id"])
        assert store.picture(result["picture_id"], user_id=ana["user_id"])
        with store.acting_as(bob["user_id"]):
            with pytest.raises(NotFound):
                store.picture(result["picture_id"])
            with store.acting_as(ana["user_id"]):
                assert store.picture(result["picture_id"])
            assert [folder["picture_set_id"] for folder in store.folders()] == [bob["picture_set_id"]]
        with pytest.raises(NotAllowed, match="needs an acting user"):
            store.folders()

    def test_each_thread_has_its_own_acting_user(self, store: Store, ana: User) -> None:
        bob = store.register_user("bob@example.org")
        seen: dict[str, list[object]] = {}

        def look(user: User) -> None:
            with store.acting_as(user["user_id"]):
                for _ in range(20):
                    seen.setdefault(user["user_id"], []).extend(f["picture_set_id"] for f in store.folders())

        threads = [Thread(target=look, args=[user]) for user in (ana, bob)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(seen[ana["user_id"]]) == {ana["picture_set_id"]}
        assert set(seen[bob["user_id"]]) == {bob["picture_set_id"]}

    def test_an_unknown_acting_user_is_not_found(self, store: Store) -> None:
        with store.acting_as(uuid.uuid4()), pytest.raises(NotFound):
            store.folders()


class TestModels:
    def test_both_spellings_are_read_and_unknown_keys_kept(self) -> None:
        document = Picture.read({"userData": {"numberOfSeeds": 6, "lensType": "x"}, "myKey": None})
        assert document.user_data is not None
        assert document.user_data.number_of_seeds == 6
        assert document.as_json() == {"user_data": {"number_of_seeds": 6, "lensType": "x"}, "myKey": None}

    def test_both_spellings_at_once_are_an_error(self) -> None:
        with pytest.raises(InvalidDocument) as invalid:
            PictureSet.read({"projectName": "a", "project_name": "a"})
        assert [error["keyword"] for error in invalid.value.errors] == ["spelling"]

    def test_models_are_taken_where_documents_are(self, acting: Store) -> None:
        made = acting.create_picture_set(PictureSet.read({"name": "lot"}))
        assert made["name"] == "lot"
        (result,) = acting.upload_pictures([(picture(1), Picture.read({"seed": "Solanum nigrum"}))])
        assert acting.update_picture(result["picture_id"], Picture.read({"seed": None}))["seed"] is None

    def test_every_error_is_listed(self) -> None:
        with pytest.raises(InvalidDocument) as invalid:
            Picture.read({"user_data": {"zoom": "x", "number_of_seeds": 1.5}, "client_data": {"client_email": "x"}})
        assert {error["instance_path"]: error["keyword"] for error in invalid.value.errors} == {
            "/user_data/zoom": "type",
            "/user_data/number_of_seeds": "type",
            "/client_data/client_email": "format",
        }


class TestErrors:
    def test_conflict_and_not_found_are_raised(self, acting: Store) -> None:
        with pytest.raises(Conflict):
            acting.create_picture_set({"name": "General"})
        with pytest.raises(Conflict):
            acting.register_user("ana@example.org", "dev")
        for wrong in (uuid.uuid4(), "not an id", ""):
            with pytest.raises(NotFound):
                acting.picture(wrong)

    def test_all_errors_derive_from_datastore_error(self) -> None:
        from datastore_db import errors

        for error in vars(errors).values():
            if inspect.isclass(error) and issubclass(error, Exception):
                assert issubclass(error, DatastoreError)

    def test_a_removed_container_is_made_again(self, acting: Store, ana: User, storage_connection_string: str) -> None:
        from azure.storage.blob import BlobServiceClient

        with BlobServiceClient.from_connection_string(storage_connection_string) as service:
            service.delete_container(ana["container_name"])
        assert acting.upload_folder(EXAMPLE).counts == {"uploaded": 5, "refused": 1}

    def test_a_storage_is_only_needed_for_bytes(self, database_url: str) -> None:
        with connect(database_url) as store:
            user = store.register_user("eve@example.org")
            assert store.find_user("eve@example.org") == user
            with store.acting_as(user["user_id"]), pytest.raises(DatastoreError, match="STORAGE_CONNECTION_STRING"):
                store.upload_pictures([(picture(1), {})])


class TestAsync:
    def test_the_async_store_gives_the_same_answers(self, database_url: str, storage_connection_string: str) -> None:
        async def use() -> None:
            async with aio.connect(database_url, storage_connection_string) as store:
                user = await store.register_user("ana@example.org")
                with store.acting_as(user["user_id"]):
                    report, folders = await asyncio.gather(store.upload_folder(EXAMPLE), store.folders())
                    assert report.counts == {"uploaded": 5, "refused": 1}
                    assert len(folders) >= 1
                    picture_id = next(result.picture_id for result in report.results if result.picture_id)
                    chunks, blob = await store.open_picture(picture_id)
                    assert blob.size == sum([len(chunk) async for chunk in chunks])

        asyncio.run(use())

    def test_connect_can_be_awaited(self, database_url: str) -> None:
        async def use() -> list[JsonObject]:
            store = await aio.connect(database_url, as_role="owner")
            try:
                return await store.folders()
            finally:
                await store.close()

        assert asyncio.run(use()) == []

    def test_blocking_methods_are_the_async_ones(self) -> None:
        only_async = {"open_picture"}  # an async iterator has no blocking twin; read_picture gives the bytes
        public = {name for name in dir(aio.Store) if not name.startswith("_")}
        assert public - only_async == {name for name in vars(blocking.Store) if not name.startswith("_")}
        for name in public - only_async - {"close", "acting_as", "for_user"}:
            assert inspect.signature(getattr(blocking.Store, name)) == inspect.signature(getattr(aio.Store, name))
            assert getattr(blocking.Store, name).__doc__

    def test_the_list_of_blocking_methods_is_up_to_date(self) -> None:
        text = BLOCKING.read_text(encoding="utf-8")
        assert with_methods(text) == text, "run: make documents"

    def test_bytes_are_streamed(self, acting: Store) -> None:
        (result,) = acting.upload_pictures([(io.BytesIO(picture(1)), {})])
        assert acting.read_picture(result["picture_id"])[0] == picture(1)
