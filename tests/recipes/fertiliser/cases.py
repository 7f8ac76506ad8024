"""Labels of fertilisers: imported, refused, divided over tables, rebuilt without loss."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db import json_codec
from datastore_db.models import Document
from tests.documents.judges import python_verdict, sql_verdicts, written
from tests.documents.test_two_judges import generated, lost

KIND = "fertiliser_label"
LABEL: dict[str, Any] = {
    "company": {"name": "Terre Noire", "email": "info@example.org", "fax": None},
    "registration_number": "2018029A",
    "nutrients": [
        {"name": "Total nitrogen (N)", "amount": 20, "unit": "%", "method": "Kjeldahl"},
        {"name": "Boron (B)", "amount": 0.020, "unit": "ppm"},
    ],
    "text": {"en": {"cautions": "Keep dry."}, "fr": {"cautions": "Garder au sec."}, "de": "unbekannt"},
    "needs_review": {"/nutrients/1/amount": {"note": "smudged", "seen_by": 2}},
    "lot": "A-7",
}


@pytest.fixture
def pictures(database: psycopg.Connection) -> list[str]:
    row = database.execute("select datastore.register_user('ana@example.org') ->> 'picture_set_id'").fetchone()
    assert row is not None
    announced = database.execute("select datastore.announce_pictures(%s, '[{}, {}, {}, {}, {}]'::jsonb)", row)
    return [picture["picture_id"] for picture in announced.fetchall()[0][0]]


@pytest.fixture
def container(pictures: list[str], database: psycopg.Connection) -> str:
    (row,) = database.execute("select container_id::text from datastore.container").fetchall()
    return str(row[0])


def test_a_label_is_divided_and_comes_back(database: psycopg.Connection, pictures: list[str], container: str) -> None:
    document = LABEL | {"pictures": pictures[::-1], "label_id": "mine"}
    assert Document.kinds[KIND].read(document).as_json() == document
    sent = [json_codec.dumps(document), container]
    answers = database.execute("select datastore.import_fertiliser_label(%s, %s)", sent).fetchall()
    label_id = answers[0][0]["label_id"]
    rebuilt = database.execute("select datastore.rebuild_fertiliser_label(%s)::text", [label_id]).fetchall()
    assert lost(database, KIND, sent[:1], [rebuilt[0][0]]) == []
    rows = database.execute(
        "select company_name, registration_number, needs_review, created_by from datastore.fertiliser_label"
    ).fetchall()
    assert rows == [("Terre Noire", "2018029A", True, None)]
    order = "select picture_id::text from datastore.fertiliser_label_picture order by place"
    assert [one for (one,) in database.execute(order)] == pictures[::-1]
    nutrients = "select name, amount::text, unit from datastore.fertiliser_nutrient order by place"
    assert database.execute(nutrients).fetchall() == [
        ("Total nitrogen (N)", "20", "%"),
        ("Boron (B)", "0.020" if "0.020" in sent[0] else "0.02", "ppm"),
    ]
    actions = database.execute("select action from datastore.history where entity = 'fertiliser_label'").fetchall()
    assert actions == [("created",)]


def test_generated_labels_come_back_as_sent(database: psycopg.Connection, pictures: list[str], container: str) -> None:
    right = [one for one in generated(KIND, 100) if python_verdict(KIND, written(one)).accepted]
    texts = [written(one | {"pictures": pictures[: len(one["pictures"])]}) for one in right]
    assert len(texts) > 10
    rows = database.execute(
        "select datastore.import_fertiliser_label(given.text::jsonb, %s)::text"
        " from unnest(%s::text[]) with ordinality as given(text, n) order by n",
        [container, texts],
    )
    assert lost(database, KIND, texts, [text for (text,) in rows]) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"pictures": []}, ("/pictures", "minItems")),
        ({"pictures": ["8367cc4e-1b61-42c2-a061-ca8662aeac37"] * 6}, ("/pictures", "maxItems")),
        ({"registration_number": "18A"}, ("/registration_number", "pattern")),
        ({"company": {}}, ("/company", "required")),
        ({"needs_review": {"/colour": {"note": "?"}}}, ("/needs_review/~1colour", "reviewedField")),
        ({"nutrients": [LABEL["nutrients"][0]] * 2}, ("/nutrients/1/name", "uniqueName")),
        ({"text": {"en": {"cautions": 5}}}, ("/text/en/cautions", "type")),
    ],
)
def test_both_judges_refuse(change: dict[str, Any], expected: tuple[str, str], database: psycopg.Connection) -> None:
    text = written(LABEL | {"pictures": ["8367cc4e-1b61-42c2-a061-ca8662aeac37"]} | change)
    assert python_verdict(KIND, text) == sql_verdicts(database, KIND, [text])[0]
    assert expected in python_verdict(KIND, text).errors


def test_a_row_that_does_not_fit_is_refused(database: psycopg.Connection, container: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute(
            "insert into datastore.fertiliser_label (container_id, document) values (%s, %s)",
            [container, Jsonb(LABEL | {"pictures": 5})],
        )
