"""Pipelines in Python: secrets are sealed on the way in and opened on the way out."""

from __future__ import annotations

import asyncio
import json
import stat
import traceback
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from datastore_db import Conflict, InvalidDocument, NotAllowed, NotFound, Store, connect
from datastore_db import aio as datastore_aio
from datastore_db.aio import User
from datastore_db.sealing import CannotUnseal, NoKey
from datastore_db.sealing.key_ring import new_key
from tests.pipelines.documents import API_KEY, ENDPOINT, SEALED, UNSEALED, Json, document, model, names, pipeline


class TestPython:
    def test_sealed_on_the_way_in_and_opened_on_the_way_out(self, owner: Store, kek: str) -> None:
        sent = document(
            pipeline("P", "m", "n"), model("m", api_key=API_KEY, endpoint=ENDPOINT), model("n", endpoint=None)
        )
        loaded = owner.import_pipelines(sent)
        assert sent["models"][0]["api_key"] == API_KEY  # what was given is left as it was
        shown = owner.pipelines()
        for answer in (loaded, shown):
            assert API_KEY not in json.dumps(answer, default=str)
            assert "ciphertext" not in json.dumps(answer, default=str)
        endpoints = owner.endpoints()
        first, second = endpoints
        assert (first["model_name"], first["version"], first["api_key"], first["endpoint"]) == (
            "m",
            1,
            API_KEY,
            ENDPOINT,
        )
        assert first["model_id"] == cast_list(shown["models"])[0]["model_id"]
        assert (second["endpoint"], "api_key" in second) == (None, False)
        assert API_KEY not in repr(endpoints)
        assert ENDPOINT not in repr(endpoints)
        assert json.loads(json.dumps(first, default=str))["api_key"] == API_KEY

    def test_without_a_key_nothing_is_imported(self, owner: Store, database: psycopg.Connection) -> None:
        with pytest.raises(NoKey, match=r"DATASTORE_KEK is not set.*keys new") as error:
            owner.import_pipelines(document(model(api_key=API_KEY)))
        assert API_KEY not in "".join(traceback.format_exception(error.value))
        assert owner.pipelines() == {"pipelines": [], "models": []}
        # What needs none works.
        owner.import_pipelines(document(model(api_key=SEALED), pipeline()))
        with pytest.raises(NoKey):
            owner.endpoints()

    def test_a_lost_key_a_wrong_key_and_a_moved_secret_are_errors(
        self, owner: Store, database: psycopg.Connection, kek: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner.import_pipelines(document(model("m", api_key=API_KEY), model("n", api_key="another")))
        monkeypatch.setenv("DATASTORE_KEK", new_key("k2"))
        with pytest.raises(CannotUnseal, match=r"the api_key of the model m.*'k1'.*only 'k2'.*DATASTORE_KEK"):
            owner.endpoints()
        monkeypatch.setenv("DATASTORE_KEK", f"{new_key('k2')},{kek}")
        assert [one["api_key"] for one in owner.endpoints()] == [API_KEY, "another"]
        monkeypatch.setenv("DATASTORE_KEK", new_key("k1"))
        with pytest.raises(CannotUnseal, match=r"is not the one"):
            owner.endpoints()
        monkeypatch.setenv("DATASTORE_KEK", kek)
        # A DBA swaps the rows of two models.
        database.execute("""
            update datastore.model_secret as one
            set nonce = other.nonce, ciphertext = other.ciphertext
            from datastore.model_secret as other where other.model_version_id <> one.model_version_id
        """)
        with pytest.raises(CannotUnseal, match=r"sealed for something else"):
            owner.endpoints()
        database.execute("update datastore.model_secret set ciphertext = set_byte(ciphertext, 60, 1)")
        with pytest.raises(CannotUnseal, match=r"import the secret again"):
            owner.endpoints()

    @pytest.mark.parametrize(
        ("wrong", "path", "keyword"), [*UNSEALED[2:], (model(api_key=5), "/models/0/api_key", "type")]
    )
    def test_errors_of_the_import_show_no_secret(
        self, owner: Store, kek: str, wrong: Json, path: str, keyword: str
    ) -> None:
        with pytest.raises(InvalidDocument) as error:
            owner.import_pipelines(document(wrong))
        assert (path, keyword) in [(item["instance_path"], item["keyword"]) for item in error.value.errors]
        shown = "".join(traceback.format_exception(error.value)) + repr(error.value.__context__)
        assert API_KEY not in shown
        assert ENDPOINT not in shown

    def test_the_embedded_default_has_a_key_of_its_own(self, temporary_home: Path) -> None:
        home = temporary_home / "with a key"
        with connect(home=home, as_role="owner") as store:
            store.import_pipelines(document(model(api_key=API_KEY)))
        assert stat.S_IMODE((home / "kek").stat().st_mode) == 0o600
        with connect(home=home, as_role="owner") as store:
            assert store.endpoints()[0]["api_key"] == API_KEY

    def test_pipelines_are_chosen_and_retired(self, acting: Store, ana: User, database: psycopg.Connection) -> None:
        with pytest.raises(NotAllowed, match="administrator"):
            acting.import_pipelines(document(pipeline("A"), model()))
        database.execute("select datastore.set_site_role('ana@example.org', 'administrator')")
        loaded = acting.import_pipelines(document(pipeline("A", default=True), pipeline("B"), model()))
        ids = {str(one["pipeline_name"]): str(one["pipeline_id"]) for one in cast_list(loaded["pipelines"])}
        chosen = acting.choose_pipeline(ids["B"])
        assert chosen is not None
        assert names(acting.pipelines()) == ["B", "A"]
        assert acting.retire_pipeline(ids["B"])["active"] is False
        with pytest.raises(Conflict):
            acting.choose_pipeline(ids["B"])
        assert names(acting.pipelines()) == ["A"]
        assert names(acting.pipelines(include_inactive=True)) == ["A", "B"]
        assert acting.retire_pipeline(ids["B"], retired=False)["active"] is True
        assert acting.choose_pipeline(None) is None
        with pytest.raises(NotFound):
            acting.retire_pipeline(uuid4())

    def test_choosing_needs_an_acting_user(self, store: Store) -> None:
        with pytest.raises(NotAllowed):
            store.choose_pipeline(uuid4())

    def test_the_async_store_reads_pipelines(self, database_url: str, kek: str) -> None:
        async def main() -> None:
            async with datastore_aio.connect(database_url, as_role="owner") as store:
                await store.import_pipelines(document(pipeline(), model(api_key=API_KEY)))
                assert names(await store.pipelines()) == ["Swin"]
                (endpoint,) = await store.endpoints()
                assert endpoint["api_key"] == API_KEY

        asyncio.run(main())

    def test_each_call_is_one_statement(self, owner: Store, kek: str, monkeypatch: pytest.MonkeyPatch) -> None:
        statements: list[object] = []
        execute = psycopg.AsyncConnection.execute

        async def counted(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
            statements.append(query)
            return await execute(self, query, *arguments, **named)

        monkeypatch.setattr(psycopg.AsyncConnection, "execute", counted)
        owner.import_pipelines(document(pipeline(), model(api_key=API_KEY)))
        owner.pipelines()
        owner.endpoints()
        assert len(statements) == 3


def cast_list(value: Any) -> list[Json]:
    return list(value)
