"""The schemas, their models and their versions have one source."""

from __future__ import annotations

import json
from decimal import Decimal

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db import Store, json_codec
from datastore_db.aio import User
from datastore_db.inspection import inspect
from datastore_db.models import Picture
from datastore_db.models import schema as schemas
from datastore_db.resources import SQL
from tests.documents.judges import MODELS
from tests.documents.mirror import differences
from tests.support.pictures import EXAMPLE


class TestOneSource:
    @pytest.mark.parametrize("kind", MODELS)
    def test_a_field_of_the_schema_is_a_field_of_its_mirror(self, kind: str) -> None:
        first = MODELS[kind]
        for model in (first, *first.newer_versions):
            schema = schemas.document_schema(kind, model.document_version)
            assert list(differences(model, schema, schema)) == []

    def test_every_schema_has_a_mirror(self) -> None:
        # What a machine finds in a file comes from the inspection, which is no document of a client's.
        files = {path.name for path in (SQL / "documents").glob("*.v*.json")} - {"inspection.v1.json"}
        mirrored = {
            f"{kind}.v{model.document_version}.json"
            for kind, first in MODELS.items()
            for model in (first, *first.newer_versions)
        }
        assert files == mirrored

    def test_an_inspection_has_the_system_keys_of_a_picture(self) -> None:
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

    def test_an_inspection_has_no_other_keys(self) -> None:
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
