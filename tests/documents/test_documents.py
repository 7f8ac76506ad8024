"""The documents: their schemas and mirrors, their rules, what is refused everywhere, their versions, and how an error
reaches the person who made it.
"""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db import InvalidDocument, Store, json_codec
from datastore_db.aio import User
from datastore_db.database.calls import Database
from datastore_db.database.calls import Document as Argument
from datastore_db.database.url import DatabaseUrl
from datastore_db.inspection import inspect
from datastore_db.models import Document, Picture, PictureSet, Pipelines, PipelinesInFile
from datastore_db.models import schema as schemas
from datastore_db.resources import SQL
from tests.documents.judges import MODELS
from tests.documents.mirror import differences
from tests.support.commands import run
from tests.support.pictures import EXAMPLE, picture, write_folder

Errors = list[tuple[str, str]]


def python_errors(model: type[Document], document: object) -> Errors:
    with pytest.raises(InvalidDocument) as refusal:
        model.read(document)
    return sorted((error["instance_path"], error["keyword"]) for error in refusal.value.errors)


def sql_errors(database: psycopg.Connection, kind: str, document: object) -> Errors:
    rows = database.execute(
        "select instance_path, keyword from datastore.document_errors(%s, %s)",
        [kind, Jsonb(document, dumps=json_codec.dumps)],
    ).fetchall()
    return sorted(rows)


def hand_on(database_url: str, document: object, user: User) -> object:
    """Give a document to SQL as the wrapper does, but without asking its model first."""

    async def call() -> object:
        database = await Database.connect(DatabaseUrl(database_url))
        try:
            return await database.call("create_picture_set", acting=UUID(user["user_id"]), document=Argument(document))
        finally:
            await database.close()

    return asyncio.run(call())


class TestOneSource:
    @pytest.mark.parametrize("kind", MODELS)
    def test_a_field_of_the_schema_is_a_field_of_its_mirror(self, kind: str) -> None:
        first = MODELS[kind]
        for model in (first, *first.newer_versions):
            schema = schemas.document_schema(kind, model.document_version)
            assert list(differences(model, schema, schema)) == []

    def test_every_schema_has_a_mirror(self) -> None:
        # What a machine finds in a file comes from the inspection, which is no document of a client's.
        files = {path.name for path in (SQL / "documents").glob("*.json")} - {"inspection.v1.json"}
        mirrored = {
            f"{kind}.v{model.document_version}.json"
            for kind, first in MODELS.items()
            for model in (first, *first.newer_versions)
        }
        assert files == mirrored

    def test_an_inspection_finds_what_a_picture_has(self) -> None:
        picture, inspection = (schemas.properties(schemas.document_schema(kind)) for kind in ("picture", "inspection"))
        # These the datastore fills itself.
        by_the_datastore = {
            "metadata": {"upload_date"},
            "image_data": {"source", "parent", "size"},
            "quality_check": {"upload_check"},
        }
        for section, own in by_the_datastore.items():
            known, found = (set(schemas.properties(kind[section])) for kind in (picture, inspection))
            assert known - found == own
            assert found <= known

    def test_an_inspection_finds_nothing_else(self) -> None:
        known = schemas.properties(schemas.document_schema("inspection"))
        for path in sorted(EXAMPLE.rglob("*")):
            if path.suffix in (".tif", ".tiff", ".png") and path.name != "3.tiff":
                with path.open("rb") as file:
                    found = inspect(file, path.name)
                assert found.image_data.keys() <= schemas.properties(known["image_data"]).keys()
                assert found.quality_check.keys() <= schemas.properties(known["quality_check"]).keys()

    def test_the_walk_sees_differences(self) -> None:
        schema = schemas.document_schema("picture")
        changed = json.loads(json.dumps(schema))
        changed["properties"]["user_data"]["properties"]["lens"] = {"type": "string"}
        changed["properties"]["user_data"]["properties"]["zoom"]["type"] = ["string"]
        changed["required"] = ["seed"]
        assert sorted(differences(Picture, changed, changed)) == [
            "/seed is required in one of them only",
            "/user_data/lens is only in the schema",
            "/user_data/zoom is ['string'] in the schema, ['null', 'number'] in the model",
            "/user_data/zoom may be null in one of them only",
        ]

    def test_every_jsonb_column_is_checked_by_a_compiled_function(self, database: psycopg.Connection) -> None:
        unchecked = """
            select format('%s.%s', class.relname, attribute.attname)
            from pg_attribute as attribute
            join pg_class as class on class.oid = attribute.attrelid
            where class.relnamespace = 'datastore'::regnamespace and class.relkind in ('r', 'p')
              and attribute.atttypid = 'jsonb'::regtype and attribute.attnum > 0 and not attribute.attisdropped
              -- a generated column is a part of one that is checked
              and attribute.attgenerated = ''
              and not exists (
                select from pg_constraint as checked
                join pg_depend as calls on calls.classid = 'pg_constraint'::regclass and calls.objid = checked.oid
                  and calls.refclassid = 'pg_proc'::regclass
                where checked.conrelid = class.oid and checked.contype = 'c' and checked.convalidated
                  and attribute.attnum = any (checked.conkey)
                  and obj_description(calls.refobjid, 'pg_proc') like 'Compiled from %')
        """
        assert database.execute(unchecked).fetchall() == []
        database.execute("create table datastore.another (document jsonb)")
        assert database.execute(unchecked).fetchall() == [("another.document",)]

    @pytest.mark.parametrize("version", [0, 2, Decimal("1.4"), Decimal("1.5"), "1", None, True])
    def test_no_row_escapes_its_check_by_its_version(
        self, version: object, store: Store, ana: User, database: psycopg.Connection
    ) -> None:
        document = {"schema_version": version, "user_data": 5, "client_data": 5}
        for table in ("picture_set", "picture"):
            columns = "name" if table == "picture_set" else "picture_set_id, blob_name"
            values = "'x'" if table == "picture_set" else f"'{ana['picture_set_id']}', 'x'"
            with pytest.raises(psycopg.errors.CheckViolation):
                database.execute(
                    f"insert into datastore.{table} (container_id, document, {columns}) values (%s, %s, {values})",
                    [ana["container_id"], Jsonb(document, dumps=json_codec.dumps)],
                )


BOX = {"topX": 1, "topY": 2, "bottomX": 3, "bottomY": 4}
ID = "8367cc4e-1b61-42c2-a061-ca8662aeac37"
OTHER = "fb20146f-df2f-403f-a56f-f02a48092167"


def inference(*boxes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "boxes": [{"label": "a", "score": 1, "box": BOX | box} for box in boxes],
        "totalBoxes": len(boxes),
    } | more


def feedback(*boxes: dict[str, Any]) -> dict[str, Any]:
    return {"inferenceId": ID, "boxes": list(boxes)}


def pipelines(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"pipelines": [{"pipeline_name": str(place), "models": ["a"]} | one for place, one in enumerate(entries)]}


def models(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"models": [{"model_name": "a"} | one for one in entries]}


TASK = {"task": "Classification"}

# Each rule, by kind: a document, and what is wrong with it
RULES: list[tuple[str, dict[str, Any], Errors]] = [
    (
        "picture",
        {"imageData": {}, "user_data": {"numberOfSeeds": 1}},
        [("/imageData", "spelling"), ("/user_data/numberOfSeeds", "spelling")],
    ),
    ("picture", {"unknownKey": {}, "user_data": {"lensType": 1}}, []),
    ("picture_set", {"projectName": "x"}, [("/projectName", "spelling")]),
    ("inference", inference(), []),
    ("inference", inference({}, {}, totalBoxes=Decimal("2.0")), []),
    ("inference", inference({}, {}, totalBoxes=1), [("/totalBoxes", "totalBoxes")]),
    ("inference", inference({}, {"topX": 3, "topY": 4}), []),
    (
        "inference",
        inference({}, {"topX": Decimal("3.0000000000000000001"), "topY": 5}),
        [("/boxes/1/box/topX", "corners"), ("/boxes/1/box/topY", "corners")],
    ),
    ("feedback", feedback(), []),
    ("feedback", feedback({"boxId": ID}, {"boxId": OTHER, "label": "", "classId": ""}), []),
    ("feedback", feedback({"boxId": ID, "label": "", "classId": OTHER}), []),
    (
        "feedback",
        feedback(
            {"boxId": "", "label": "a", "box": BOX},
            {"boxId": None, "classId": ID, "box": BOX},
            {"label": "a", "box": BOX},
        ),
        [],
    ),
    ("feedback", feedback({"boxId": ID}, {"boxId": ID.upper()}), [("/boxes/1/boxId", "uniqueBoxId")]),
    ("feedback", feedback({"boxId": ID, "box": BOX | {"topY": 5}}), [("/boxes/0/box/topY", "corners")]),
    (
        "feedback",
        feedback(
            {}, {"box": BOX}, {"box": BOX, "label": "", "classId": ""}, {"label": "a"}, {"label": "a", "box": None}
        ),
        [(f"/boxes/{place}", "drawnBox") for place in range(5)],
    ),
    (
        "feedback",
        feedback({"boxId": ID, "label": ""}, {"boxId": OTHER, "label": None, "classId": ""}),
        [("/boxes/0", "species"), ("/boxes/1", "species")],
    ),
    ("pipelines", {}, []),
    ("pipelines", pipelines({"default": True}, {"default": False}, {"default": None}), []),
    ("pipelines", pipelines({}, {"default": True}, {"default": True}), [("/pipelines/2/default", "oneDefault")]),
    (
        "pipelines",
        pipelines({"pipeline_name": "x"}, {"pipeline_name": "x", "version": 2}),
        [("/pipelines/1/pipeline_name", "uniqueName")],
    ),
    ("pipelines", models(TASK, TASK | {"version": 1}, TASK | {"version": "2"}), []),
    ("pipelines", models(TASK, TASK | {"version": None}), [("/models/1/model_name", "uniqueName")]),
    (
        "pipelines",
        models(TASK | {"version": Decimal("5.0")}, TASK | {"version": "5"}),
        [("/models/1/model_name", "uniqueName")],
    ),
    ("pipelines", models({"tasks": "object-detection"}), []),
    ("pipelines", models({}), [("/models/0", "required")]),
    (
        "pipelines",
        models(TASK | {"tasks": "segmentation", "dataset": "a", "dataset_description": "b"}),
        [("/models/0/dataset_description", "spelling"), ("/models/0/tasks", "spelling")],
    ),
    (
        "pipelines",
        pipelines({"accuracy": 1, "Accuracy": 1}, {"accuracy": 1, "Accuracy": None}),
        [("/pipelines/0/accuracy", "spelling")],
    ),
]


class TestRules:
    @pytest.mark.parametrize(("kind", "document", "expected"), RULES)
    def test_both_judges_name_the_same_rules(
        self, kind: str, document: dict[str, Any], expected: Errors, database: psycopg.Connection
    ) -> None:
        assert sql_errors(database, kind, document) == expected
        if not expected or kind in ("picture", "picture_set"):
            # Files and Python know the camelCase spelling: it is renamed, and SQL never sees it.
            assert sql_errors(database, kind, MODELS[kind].read(document).as_json()) == []
        else:
            assert python_errors(MODELS[kind], document) == expected

    def test_both_spellings_at_once(self) -> None:
        assert python_errors(Picture, {"userData": {}, "user_data": {}}) == [("/userData", "spelling")]

    def test_rules_are_immutable_and_fit_for_parallel_queries(self, database: psycopg.Connection) -> None:
        rows = database.execute(
            """
            select proname, provolatile, proparallel from pg_proc
            where pronamespace = 'datastore'::regnamespace and proname = any(%s)
            """,
            [[f"{kind}_rules" for kind in MODELS]],
        ).fetchall()
        assert sorted(rows) == sorted((f"{kind}_rules", "i", "s") for kind in MODELS)

    @pytest.mark.parametrize("kind", MODELS)
    def test_rules_bear_whatever_there_is(self, kind: str, database: psycopg.Connection) -> None:
        hostile: list[Any] = [
            *(
                None,
                1,
                "boxes",
                [],
                ["boxes"],
                {"boxes": 5},
                {"boxes": {}},
                {"boxes": [[], None, 1, "boxId", {"box": 5}]},
            ),
            *(
                {"totalBoxes": "x", "boxes": []},
                {"pipelines": [1, "pipeline_name", []], "models": [{"model_name": {}}] * 2},
            ),
            *(["userData"], {"user_data": ["numberOfSeeds"]}, {"schema_version": "x", "userData": 1}),
        ]
        for document in hostile:
            database.execute(f"select * from datastore.{kind}_rules(%s)", [Jsonb(document)]).fetchall()
            database.execute(f"select * from datastore.{kind}_rules('{json.dumps(document)}')").fetchall()


class TestSecrets:
    SECRET = "dont-tell-me"

    def test_nothing_of_a_secret_is_repeated(self, database: psycopg.Connection) -> None:
        for api_key in (self.SECRET, [self.SECRET], {"kek_id": self.SECRET}, {"kek_id": 1, self.SECRET: self.SECRET}):
            document = models(TASK | {"api_key": api_key})
            with pytest.raises(InvalidDocument) as refusal:
                Pipelines.read(document)
            assert self.SECRET not in str(refusal.value) + repr(refusal.value.errors)
            assert {error["instance_path"] for error in refusal.value.errors} == {"/models/0/api_key"}
            with pytest.raises(psycopg.Error) as error:
                database.execute("select datastore.check_document('pipelines', %s)", [Jsonb(document)])
            assert error.value.sqlstate == "DS400"
            assert self.SECRET not in str(error.value)

    def test_a_file_has_them_as_text(self) -> None:
        document = models(TASK | {"api_key": self.SECRET, "endpoint": {"kek_id": "1", "nonce": "2", "ciphertext": "3"}})
        read = PipelinesInFile.read(document)
        assert read.as_json() == document
        assert self.SECRET not in repr(read)
        assert python_errors(PipelinesInFile, models(TASK | {"api_key": 5})) == [("/models/0/api_key", "type")]


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
    def test_both_refuse_the_same(
        self, text: str, place: str, keyword: str, ana: User, database: psycopg.Connection, database_url: str
    ) -> None:
        assert python_errors(PictureSet, json_codec.loads(text)) == [(place, keyword)]
        with pytest.raises(psycopg.Error) as error:
            database.execute(
                "select datastore.create_picture_set(%s) from datastore.act_as(%s)", [text, ana["user_id"]]
            )
        assert error.value.sqlstate == "DS400"
        (told,) = json.loads(error.value.diag.message_detail or "")
        # A text that cannot be jsonb is refused as a whole.
        assert (told["instance_path"], told["keyword"]) in [(place, keyword), ("", keyword)]
        # And so does Python where it hands such a value on without a look at it.
        with pytest.raises(InvalidDocument) as refusal:
            hand_on(database_url, json_codec.loads(text), ana)
        assert [(told["instance_path"], told["keyword"]) for told in refusal.value.errors] == [(place, keyword)]

    @pytest.mark.parametrize("text", WITHIN)
    def test_just_inside(self, text: str, acting: Store) -> None:
        document: Any = json_codec.loads(text)
        assert PictureSet.read(document).as_json() == document
        assert acting.create_picture_set(document)["a"] == document["a"]

    @pytest.mark.parametrize("text", NO_JSON)
    def test_a_text_that_is_no_json(self, text: str, ana: User, database: psycopg.Connection) -> None:
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
            (told,) = json.loads(error.value.diag.message_detail or "")
            assert told["instance_path"] == ""
            assert told["keyword"] in ("json", "maxDepth")

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
        assert sorted(told["instance_path"] for told in detail) == ["/client_data/client_email", "/name"]
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
        for told in (
            "1.json:1: userData/zoom: expected more than 0",
            "1.json:1: userData/numberOfSeeds: expected an integer",
            "1.json:2: clientData/clientEmail: expected an email address",
        ):
            assert told in done.err
