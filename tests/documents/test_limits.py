"""Limits of size and number; and how an error reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db import InvalidDocument, Store, json_codec
from datastore_db.aio import User
from datastore_db.models import PictureSet
from tests.documents.errors import hand_on, python_errors
from tests.documents.small import ID
from tests.support.commands import run
from tests.support.pictures import picture, write_folder

# What no document may hold, as JSON text: where, and which limit
LIMITS: list[tuple[str, str, str]] = [
    ('{"a": "\\u0000"}', "/a", "text"),
    ('{"\\u0000": 1}', "", "text"),
    ('{"a": "\\ud800"}', "/a", "text"),
    ('{"a": ["\\udc00x"]}', "/a/0", "text"),
    ('{"a": 1e309}', "/a", "numberRange"),
    ('{"a": -1e308000}', "/a", "numberRange"),
    ('{"a": 1.00000000000000000000000000000000000000000000000001e308}', "/a", "numberRange"),
    ('{"a": 1e-309}', "/a", "numberRange"),
    ('{"a": 1e-99999}', "/a", "numberRange"),
    (f'{{"a": 0.{"1" * 1000}}}', "/a", "numberRange"),
    (f'{{"a": {"[" * 64}{"]" * 64}}}', "/a" + "/0" * 63, "maxDepth"),
]


WITHIN = [
    '{"a": "\\ud83d\\ude00"}',
    '{"a": 1e308}',
    '{"a": -1e-308}',
    f'{{"a": 0.{"1" * 999}}}',
    '{"a": 0e999}',
    f'{{"a": {"[" * 63}{"]" * 63}}}',
]


NO_JSON = ["", "{", "{'a': 1}", '{"a": NaN}', '{"a": 01}', '{"a": 1,}', '"\x01"', f"{'[' * 100_000}{']' * 100_000}"]


class TestLimits:
    @pytest.mark.parametrize(("text", "place", "keyword"), LIMITS)
    def test_both_judges_refuse_the_same(
        self, text: str, place: str, keyword: str, ana: User, database: psycopg.Connection, database_url: str
    ) -> None:
        assert python_errors(PictureSet, json_codec.loads(text)) == [(place, keyword)]
        with pytest.raises(psycopg.Error) as error:
            database.execute(
                "select datastore.create_picture_set(%s) from datastore.act_as(%s)", [text, ana["user_id"]]
            )
        assert error.value.sqlstate == "DS400"
        (found,) = json.loads(error.value.diag.message_detail or "")
        # A text that cannot be jsonb is refused as a whole.
        assert (found["instance_path"], found["keyword"]) in [(place, keyword), ("", keyword)]
        # And so does Python where it hands such a value on without a look at it.
        with pytest.raises(InvalidDocument) as refusal:
            hand_on(database_url, json_codec.loads(text), ana)
        assert [(found["instance_path"], found["keyword"]) for found in refusal.value.errors] == [(place, keyword)]

    @pytest.mark.parametrize("text", WITHIN)
    def test_values_at_the_limits_are_accepted(self, text: str, acting: Store) -> None:
        document: Any = json_codec.loads(text)
        assert PictureSet.read(document).as_json() == document
        assert acting.create_picture_set(document)["a"] == document["a"]

    @pytest.mark.parametrize("text", NO_JSON)
    def test_a_text_that_is_no_json_is_refused(self, text: str, ana: User, database: psycopg.Connection) -> None:
        with pytest.raises(ValueError):  # noqa: PT011  (each has its own words)
            json_codec.loads(text)
        calls: list[tuple[str, list[str]]] = [
            ("create_picture_set(%s)", [text]),
            ("open_picture_set('a', '', %s)", [text]),
            ("announce_pictures(%s, %s)", [ana["picture_set_id"], text]),
            ("announce_pictures(%s, '[]', %s)", [ana["picture_set_id"], text]),
            ("update_picture(%s, %s)", [ID, text]),
            ("confirm_pictures(%s)", [text]),
            ("import_inference(%s, %s)", [ID, text]),
            ("import_inferences(%s)", [text]),
            ("record_feedback(%s)", [text]),
            ("import_pipelines(%s)", [text]),
        ]
        for call, values in calls:
            with pytest.raises(psycopg.Error) as error:
                database.execute(f"select datastore.{call} from datastore.act_as(%s)", [*values, ana["user_id"]])
            assert error.value.sqlstate == "DS400", call
            (found,) = json.loads(error.value.diag.message_detail or "")
            assert found["instance_path"] == ""
            assert found["keyword"] in ("json", "maxDepth")

    def test_literals_jsonb_and_null_find_their_functions(self, ana: User, database: psycopg.Connection) -> None:
        made = """
            select datastore.create_picture_set({}) ->> 'name' from datastore.act_as('{}')
        """
        user = ana["user_id"]
        for document in (
            '\'{"name": "a"}\'',
            '\'{"name": "b"}\'::jsonb',
            'document => \'{"name": "c"}\', container_id => null',
        ):
            assert database.execute(made.format(document, user)).fetchone() is not None
        for document in ("null", "null::jsonb", "null::text"):
            with pytest.raises(psycopg.Error) as error:
                database.execute(made.format(document, user))
            assert error.value.sqlstate == "DS400"


class TestTheErrorsWay:
    def test_python_has_the_list_of_detail(self, ana: User, database: psycopg.Connection, database_url: str) -> None:
        document: dict[str, Any] = {"name": "", "client_data": {"client_email": "ana"}, "seed": 1}
        with pytest.raises(psycopg.Error) as error:
            database.execute(
                "select datastore.create_picture_set(%s) from datastore.act_as(%s)", [Jsonb(document), ana["user_id"]]
            )
        detail = json.loads(error.value.diag.message_detail or "")
        assert sorted(found["instance_path"] for found in detail) == ["/client_data/client_email", "/name"]
        with pytest.raises(InvalidDocument) as refusal:
            hand_on(database_url, document, ana)
        assert refusal.value.errors == detail

    def test_the_command_prints_file_path_and_message(
        self, ana: User, environment: dict[str, str], tmp_path: Path
    ) -> None:
        folder = write_folder(
            tmp_path / "lot",
            {
                "1.tiff": picture(1),
                "1.json": '{"userData": {"zoom": 0, "numberOfSeeds": true},\n "clientData": {"clientEmail": "ana"}}',
            },
        )
        done = run(environment, "upload", folder, "--user", "ana@example.org")
        assert done.status == 1
        for found in (
            "1.json:1: userData/zoom: expected more than 0",
            "1.json:1: userData/numberOfSeeds: expected an integer",
            "1.json:2: clientData/clientEmail: expected an email address",
        ):
            assert found in done.err
