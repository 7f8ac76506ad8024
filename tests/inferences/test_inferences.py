"""What models say: imported, divided, rebuilt."""

from __future__ import annotations

import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg.types.json import Jsonb

from datastore_db import InvalidDocument, NewPicture, NotAllowed, NotFound, Store
from datastore_db.aio import User
from datastore_db.json_codec import dumps
from tests.documents import generate
from tests.support.errors import errors_of, refused
from tests.support.inferences import BOX_KEYS, SYSTEM_KEYS, Call, Document, boxes_of, caller, inference, without_ids
from tests.support.pictures import picture


@pytest.fixture
def call(database: psycopg.Connection) -> Call:
    return caller(database)


@pytest.fixture
def ana(call: Call) -> dict[str, str]:
    return dict(call("register_user", "ana@example.org"))


@pytest.fixture
def bob(call: Call) -> dict[str, str]:
    return dict(call("register_user", "bob@example.org"))


@pytest.fixture
def picture_id(call: Call, ana: dict[str, str]) -> str:
    return new_picture(call, ana)


def new_picture(call: Call, user: dict[str, str], document: Document | None = None) -> str:
    (picture,) = call("announce_pictures", user["picture_set_id"], [document or {}], acting=user["user_id"])
    call("confirm_pictures", [{"picture_id": picture["picture_id"]}], acting=user["user_id"])
    return str(picture["picture_id"])


def nested(levels: int, *, in_objects: bool = False) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"y": value} if in_objects else [value]
    return value


def count(database: psycopg.Connection, table: str) -> int:
    row = database.execute(f"select count(*) from datastore.{table}").fetchone()
    assert row is not None
    return int(row[0])


class TestImport:
    def test_comes_back_with_ids(self, call: Call, ana: dict[str, str], picture_id: str) -> None:
        sent = inference()
        answer = call("import_inference", picture_id, sent, acting=ana["user_id"])
        assert without_ids(answer, sent) == sent
        assert dumps(without_ids(answer, sent)["boxes"]).count("6.50") == 1
        assert answer.keys() - sent.keys() == SYSTEM_KEYS | {"pipeline_id"}
        assert answer["picture_id"] == picture_id
        assert answer["requested_by"] == ana["user_id"]
        assert (answer["verified"], answer["verified_by"], answer["verified_at"]) == (False, None, None)
        assert call("rebuild_inference", answer["inference_id"], acting=ana["user_id"]) == answer
        assert call("rebuild_inference", answer["inference_id"], True) == answer

    def test_boxes_and_guesses_have_ids_of_their_own(self, call: Call, picture_id: str) -> None:
        answer = call("import_inference", picture_id, inference())
        first, second = answer["boxes"]
        assert first.keys() >= BOX_KEYS - {"model"}
        assert (first["object_type_id"], first["is_verified"], first["is_valid"], first["is_manual"]) == (
            *(1, False, True, False),
        )
        ids = [uuid.UUID(box["box_id"]) for box in answer["boxes"]]
        ids += [uuid.UUID(guess["object_id"]) for box in answer["boxes"] for guess in box["topN"]]
        ids.append(uuid.UUID(answer["inference_id"]))
        assert len(set(ids)) == len(ids)
        # Twelve digits after the inference's own: a bit that is set, the box's place, the guess's
        places = [int(str(identity)[24:], 16) for identity in ids[:-1]]
        assert all(str(identity)[:24] == answer["inference_id"][:24] for identity in ids)
        assert [(place >> 47, place >> 24 & 0x7FFFFF, place & 0xFFFFFF) for place in places] == [
            *[(1, 1, 0), (1, 2, 0)],
            *[(1, 1, 1), (1, 1, 2), (1, 1, 3), (1, 2, 1)],
        ]
        assert first["top_id"] == first["topN"][0]["object_id"]
        assert second["topN"] == [{"label": "Lolium temulentum", "score": 1, "object_id": second["top_id"]}]

    def test_the_top_guess_is_the_first_of_the_highest(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("a", 0.1), ("b", 0.4), ("c", 0.4), ("b", 0.4)], [("a", 0)]])
        first, second = call("import_inference", picture_id, sent)["boxes"]
        assert first["top_id"] == first["topN"][1]["object_id"]
        assert second["top_id"] == second["topN"][0]["object_id"]

    def test_no_boxes_and_no_guesses(self, call: Call, picture_id: str) -> None:
        empty = {"boxes": [], "totalBoxes": Decimal("0.0")}
        answer = call("import_inference", picture_id, empty)
        assert without_ids(answer, empty) == empty
        assert call("rebuild_inference", answer["inference_id"]) == answer
        bare = boxes_of([[("Ambrosia trifida", 0.5)]])
        bare["boxes"][0]["topN"] = []
        (box,) = call("import_inference", picture_id, bare)["boxes"]
        assert (box["topN"], box["top_id"]) == ([], None)

    def test_every_order_is_kept(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[(f"{n} label {n % 7}", n / 1000) for n in range(50)] for _ in range(120)])
        for place, box in enumerate(sent["boxes"]):
            box["n"] = place
        answer = call("import_inference", picture_id, sent)
        assert without_ids(answer, sent) == without_ids(call("rebuild_inference", answer["inference_id"]), sent)
        assert [box["n"] for box in answer["boxes"]] == list(range(120))
        assert [guess["label"] for guess in answer["boxes"][7]["topN"]] == [f"{n} label {n % 7}" for n in range(50)]

    def test_unknown_keys_wherever_they_stand(self, call: Call, picture_id: str) -> None:
        sent = inference(pipelineName="x", more={"boxes": [None]})
        sent["boxes"][0] |= {"angle": None, "boxId": 5}
        sent["boxes"][0]["box"]["angle"] = Decimal("0.10")
        sent["boxes"][0]["topN"][1] |= {"boxes": {"topN": []}, "": None}
        sent["models"][0]["by"] = None
        assert without_ids(call("import_inference", picture_id, sent), sent) == sent

    def test_what_the_system_fills_is_kept_as_claimed(
        self, call: Call, ana: dict[str, str], picture_id: str, database: psycopg.Connection
    ) -> None:
        sent = inference(verified=True, created_at=None)
        sent["boxes"][1] |= {
            "is_verified": True,
            "is_valid": True,
            "topN": [{"label": "a", "score": 0, "is_expert": 7}],
        }
        answer = call("import_inference", picture_id, sent, acting=ana["user_id"])
        assert answer["verified"] is False
        assert answer["boxes"][1]["is_verified"] is False
        assert answer["boxes"][1]["topN"][0].keys() == {"label", "score", "object_id"}
        claims = database.execute(
            "select entity, entity_id::text, action, claimed from datastore.history where claimed is not null"
        ).fetchall()
        claimed = {
            "verified": True,
            "created_at": None,
            "boxes": {"1": {"is_verified": True, "topN": {"0": {"is_expert": 7}}}},
        }
        assert claims == [("inference", answer["inference_id"], "claimed", claimed)]

    def test_its_own_answer_is_another_inference(
        self, call: Call, picture_id: str, database: psycopg.Connection
    ) -> None:
        first = call("import_inference", picture_id, inference())
        del first["pipeline_id"]  # null: nobody knows the pipeline
        second = call("import_inference", picture_id, first)
        assert first["inference_id"] != second["inference_id"]
        assert without_ids(second, first)["boxes"][0] == without_ids(first, first)["boxes"][0]
        assert count(database, "inference") == 2

    def test_the_newest_counts(self, call: Call, ana: dict[str, str], picture_id: str) -> None:
        assert call("rebuild_inference_of", picture_id) is None
        assert "classification_data" not in call("rebuild_picture", picture_id)
        assert not call("rebuild_folders", acting=ana["user_id"])[0]["pictures"][0]["inference_exist"]
        call("import_inference", picture_id, inference())
        sent = boxes_of([[("2 Cirsium arvense", 0.25)], [('"Zea  mays"', 0.5)]])
        newest = call("import_inference", picture_id, sent | {"pipeline_name": "Swin"})
        assert call("rebuild_inference_of", picture_id) == newest
        assert call("rebuild_picture", picture_id)["classification_data"] == {
            "model": "Swin",
            "prediction": "Zea mays",
            "confidence_score": Decimal("0.5"),
        }
        assert call("rebuild_folders", acting=ana["user_id"])[0]["pictures"][0]["inference_exist"]

    def test_the_pipeline_and_its_models(self, call: Call, picture_id: str, database: psycopg.Connection) -> None:
        names = [model["name"] for model in inference()["models"]]
        first = call("import_inference", picture_id, inference())
        assert first["pipeline_id"] is None
        assert call("unknown_models") == [
            {"name": names[0], "version": "1", "inferences": 1},
            {"name": names[1], "version": 1, "inferences": 1},
        ]
        models = [{"model_name": name, "task": "classification", "version": 1} for name in names]
        call("import_pipelines", {"pipelines": [{"pipeline_name": "Swin", "models": names}], "models": models})
        second = call("import_inference", picture_id, inference())
        assert uuid.UUID(second["pipeline_id"])
        assert call("recognise_models") == 0
        assert call("unknown_models") == []
        assert call("rebuild_inference", first["inference_id"])["pipeline_id"] == second["pipeline_id"]
        third = call("import_inference", picture_id, inference(pipeline_id=second["pipeline_id"].upper()))
        assert third["pipeline_id"] == second["pipeline_id"].upper()
        by_name = inference(pipeline_name="Swin")
        del by_name["models"]
        assert call("import_inference", picture_id, by_name)["pipeline_id"] == second["pipeline_id"]
        tied = database.execute("select distinct pipeline_id, model_version_ids from datastore.inference").fetchall()
        assert len(tied) == 1


class TestLabels:
    def test_a_label_finds_its_species(self, call: Call, picture_id: str) -> None:
        seeds = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        labels = [
            "14 Ambrosia psilostachya",
            "'ambrosia  PSILOSTACHYA'",
            '"3 Ambrosia psilostachya" ',
            "Solanum nigrum",
        ]
        answer = call("import_inference", picture_id, boxes_of([[(label, 0.5)] for label in labels]))
        assert [box["label"] for box in answer["boxes"]] == labels
        expected = ["Ambrosia psilostachya"] * 3 + ["Solanum nigrum"]
        assert [box["classId"] for box in answer["boxes"]] == [seeds[name] for name in expected]
        assert len(call("rebuild_seeds")["seeds"]) == 15

    @pytest.mark.parametrize("label", ["''", '"7 "', " ", "x" * 20_000, "é" * 5000, "14 15 16", "'\"7 8 a\"'"])
    def test_labels_that_nobody_would_write(self, call: Call, picture_id: str, label: str) -> None:
        sent = boxes_of([[(label, 0.5), ("Solanum nigrum", 0.25)]])
        first = call("import_inference", picture_id, sent)
        again = call("import_inference", picture_id, sent)
        assert without_ids(again, sent) == sent
        assert first["boxes"][0]["classId"] == again["boxes"][0]["classId"]

    def test_an_unknown_label_waits_for_review(self, call: Call, picture_id: str) -> None:
        answer = call("import_inference", picture_id, boxes_of([[("21 Zea  mays", 0.5), ("zea MAYS", 0.25)]]))
        (seed,) = call("unreviewed_seeds")["seeds"]
        assert (seed["seed_name"], seed["labels"]) == ("Zea mays", ["21 Zea  mays", "zea MAYS"])
        assert answer["boxes"][0]["classId"] == seed["seed_id"]
        known = call("accept_seed", seed["seed_id"])
        assert known == call("accept_seed", seed["seed_id"])
        assert known["status"] == "known"
        assert call("unreviewed_seeds") == {"seeds": []}

    def test_the_same_unknown_labels_at_once(self, call: Call, picture_id: str, database_url: str) -> None:
        def send(n: int) -> str:
            labels = ["Zea mays", "Secale cereale", "Avena fatua"]
            with psycopg.connect(database_url, autocommit=True) as connection:
                sent = boxes_of([[(label, 0.5)] for label in labels[n % 3 :] + labels[: n % 3]])
                answer = caller(connection)("import_inference", picture_id, sent)
                return next(str(box["classId"]) for box in answer["boxes"] if box["label"] == "Zea mays")

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(send, range(12)))) == 1
        assert len(call("unreviewed_seeds")["seeds"]) == 3

    def test_merged_into_a_known_species(self, call: Call, ana: dict[str, str], database: psycopg.Connection) -> None:
        picture_id = new_picture(call, ana, {"seed": "Ambrosia trifidda"})
        sent = boxes_of([[("Ambrosia trifidda", 0.5), ("Ambrosia trifida", 0.3)], [("Solanum nigrum", 0.2)]])
        answer = call("import_inference", picture_id, sent)
        known = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        wrong, right = known["Ambrosia trifidda"], known["Ambrosia trifida"]
        call(
            "record_feedback",
            {
                "inferenceId": answer["inference_id"],
                "boxes": [
                    {"boxId": answer["boxes"][0]["box_id"]},
                    {"boxId": answer["boxes"][1]["box_id"], "label": "Ambrosia trifidda", "classId": wrong},
                ],
            },
        )
        with pytest.raises(psycopg.Error, check=lambda error: error.sqlstate == "DS403"):
            call("merge_seed", wrong, right, acting=ana["user_id"])
        call("set_site_role", ana["email"], "verifier")
        merged = call("merge_seed", wrong, right, acting=ana["user_id"])
        assert merged == call("merge_seed", wrong, right)
        assert merged["seed_name"] == "Ambrosia trifida"
        assert "Ambrosia trifidda" not in {seed["seed_name"] for seed in call("rebuild_seeds")["seeds"]}
        rebuilt = call("rebuild_inference", answer["inference_id"])
        assert [box["classId"] for box in rebuilt["boxes"]] == [right, right]
        assert [box["label"] for box in rebuilt["boxes"]] == ["Ambrosia trifidda"] * 2
        labels = call("rebuild_picture", picture_id)["labels"]
        assert {(label["seed_id"], label["origin"]) for label in labels} == {(right, "known"), (right, "verified")}
        left = "select count(*) from datastore.verdict where seed_id = %s or model_seed_id = %s"
        assert database.execute(left, [wrong, wrong]).fetchone() == (0,)
        # who names it from now on means the known one
        later = call("import_inference", picture_id, boxes_of([[("9 ambrosia TRIFIDDA", 0.5)]]))
        assert later["boxes"][0]["classId"] == right
        other = new_picture(call, ana, {"seed": {"seed_id": wrong}})
        assert [label["seed_id"] for label in call("rebuild_picture", other)["labels"]] == [right]

    def test_what_cannot_be_merged(self, call: Call, picture_id: str) -> None:
        call("import_inference", picture_id, boxes_of([[("one", 0.5)], [("two", 0.5)]]))
        known = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        with refused("DS409"):
            call("merge_seed", known["one"], known["two"])
        with refused("DS409"):
            call("merge_seed", known["Solanum nigrum"], known["Ambrosia trifida"])
        with refused("DS404"):
            call("merge_seed", str(uuid.uuid4()), known["two"])
        with refused("DS404"):
            call("accept_seed", str(uuid.uuid4()))
        call("merge_seed", known["one"], known["Solanum nigrum"])
        with refused("DS409"):
            call("accept_seed", known["one"])
        with refused("DS409"):
            call("merge_seed", known["one"], known["Ambrosia trifida"])


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (lambda document: document.update(totalBoxes=3), [("/totalBoxes", "totalBoxes")]),
            (lambda document: document.update(totalBoxes="2"), [("/totalBoxes", "type")]),
            (lambda document: document.pop("boxes"), [("", "required")]),
            (lambda document: document.update(boxes={}), [("/boxes", "type")]),
            (
                lambda document: document.update(boxes=[5, None], totalBoxes=2),
                [("/boxes/0", "type"), ("/boxes/1", "type")],
            ),
            (lambda document: document["boxes"][1].update(score=Decimal("1.01")), [("/boxes/1/score", "maximum")]),
            (lambda document: document["boxes"][0]["topN"][2].update(score=-1), [("/boxes/0/topN/2/score", "minimum")]),
            (lambda document: document["boxes"][0]["topN"][2].update(score="1"), [("/boxes/0/topN/2/score", "type")]),
            (lambda document: document["boxes"][0].update(topN=None), [("/boxes/0/topN", "type")]),
            (lambda document: document["boxes"][0].update(topN=[3]), [("/boxes/0/topN/0", "type")]),
            (lambda document: document["boxes"][0]["box"].update(topX=1247), [("/boxes/0/box/topX", "corners")]),
            (lambda document: document["boxes"][0]["box"].pop("topX"), [("/boxes/0/box", "required")]),
            (lambda document: document["boxes"][1].update(label=""), [("/boxes/1/label", "minLength")]),
            (lambda document: document.update(pipeline_id="x"), [("/pipeline_id", "format")]),
            (lambda document: document.update(schema_version=2), [("/schema_version", "const")]),
            (lambda document: document.update(x=10**400), [("/x", "numberRange")]),
            (lambda document: document.update(created_at=10**400), [("/created_at", "numberRange")]),
        ],
    )
    def test_what_is_refused(
        self, call: Call, picture_id: str, database: psycopg.Connection, change: Any, expected: list[tuple[str, str]]
    ) -> None:
        sent = inference()
        sent["boxes"][0]["label"] = "never seen"
        change(sent)
        with refused("DS400") as error:
            call("import_inference", picture_id, sent)
        assert errors_of(error) == expected
        with refused("DS400") as error:
            batch = [{"picture_id": picture_id, "document": document} for document in (inference(), sent)]
            call("import_inferences", batch)
        assert errors_of(error) == [("/1/document" + path, keyword) for path, keyword in expected]
        assert (count(database, "inference"), count(database, "box"), count(database, "label")) == (0, 0, 0)

    def test_limits_where_every_label_is_known(self, call: Call, picture_id: str, database: psycopg.Connection) -> None:
        call("import_inference", picture_id, inference())
        within = inference(x=[Decimal("1e308"), Decimal("-1e-308"), Decimal("0.000e-500"), "7" * 300, nested(61)])
        assert without_ids(call("import_inference", picture_id, within), within) == within
        beyond = [
            *(
                Decimal("1e309"),
                Decimal("-1e309"),
                Decimal(f"1.{'0' * 60}1e308"),
                Decimal("1e-309"),
                Decimal("-1e-320"),
            ),
            *(Decimal(f"{'9' * 500}.{'9' * 501}"), 10**1000, Decimal(f"0.{'1' * 1000}")),
            *(nested(64), nested(64, in_objects=True), nested(70, in_objects=True)),
        ]
        places: list[list[Any]] = [[], ["models", 0], ["boxes", 1], ["boxes", 1, "box"], ["boxes", 0, "topN", 2]]
        for value, place in itertools.product(beyond, places):
            sent = inference()
            part: Any = sent
            for step in place:
                part = part[step]
            part["x"] = value
            expected = database.execute(
                "select instance_path, keyword from datastore.limit_errors(%s)", [Jsonb(sent, dumps=dumps)]
            ).fetchall()
            assert expected[0][0].startswith("".join(f"/{step}" for step in [*place, "x"]))
            with refused("DS400") as error:
                call("import_inference", picture_id, sent)
            assert errors_of(error) == expected
            with refused("DS400") as error:
                call("import_inferences", [{"picture_id": picture_id, "document": sent}])
            assert [keyword for _, keyword in errors_of(error)] == [keyword for _, keyword in expected]
        assert count(database, "inference") == 2

    @pytest.mark.parametrize("document", [None, 5, [], "x", [5]])
    def test_no_object_at_all(self, database: psycopg.Connection, picture_id: str, document: object) -> None:
        with refused("DS400"):
            database.execute("select datastore.import_inference(%s, %s::jsonb)", [picture_id, dumps(document)])
        with refused("DS400"):
            database.execute("select datastore.import_inference(%s, null)", [picture_id])

    def test_equal_corners_are_an_empty_box(self, call: Call, picture_id: str) -> None:
        sent = boxes_of([[("a", 0.5)]])
        sent["boxes"][0]["box"] = {"topX": 5, "topY": Decimal("5.0"), "bottomX": Decimal("5.00"), "bottomY": 5}
        assert without_ids(call("import_inference", picture_id, sent), sent) == sent

    def test_nobody_elses_pictures(self, call: Call, ana: dict[str, str], bob: dict[str, str], picture_id: str) -> None:
        answer = call("import_inference", picture_id, inference(), acting=ana["user_id"])
        as_bob = {"acting": bob["user_id"]}
        calls: list[tuple[Any, ...]] = [
            ("import_inference", picture_id, inference()),
            ("import_inference", str(uuid.uuid4()), inference()),
            ("rebuild_inference", answer["inference_id"]),
            ("rebuild_inference", str(uuid.uuid4())),
            ("rebuild_inference_of", picture_id),
            ("rebuild_verdicts", answer["inference_id"]),
            ("reopen_inference", answer["inference_id"]),
            ("import_inferences", [{"picture_id": picture_id, "document": inference()}]),
        ]
        for function, *arguments in calls:
            with refused("DS404"):
                call(function, *arguments, **as_bob)
        with refused("DS404"):
            call("import_inference", picture_id, inference(), bob["container_id"])
        with refused("DS404"):
            call("rebuild_inference", answer["inference_id"], False, bob["container_id"])
        assert call("rebuild_inference", answer["inference_id"], False, ana["container_id"]) == answer

    def test_a_link_across_containers_is_impossible(
        self, call: Call, database: psycopg.Connection, bob: dict[str, str], picture_id: str
    ) -> None:
        answer = call("import_inference", picture_id, inference())
        for statement, values in [
            (
                "insert into datastore.inference (container_id, picture_id, document) values (%s, %s, %s)",
                [bob["container_id"], picture_id, '{"boxes": [], "totalBoxes": 0}'],
            ),
            (
                "insert into datastore.box (container_id, inference_id, box_id, position, document)"
                " values (%s, %s, %s, 1, %s)",
                [
                    bob["container_id"],
                    answer["inference_id"],
                    answer["boxes"][0]["box_id"],
                    '{"box": {"topX": 0, "topY": 0, "bottomX": 0, "bottomY": 0}, "label": "a", "score": 0}',
                ],
            ),
        ]:
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                database.execute(statement, values)


class TestManyAtOnce:
    def test_a_batch_is_as_good_as_one_by_one(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection
    ) -> None:
        pictures = [new_picture(call, ana) for _ in range(3)]
        documents = [
            inference(),
            boxes_of([[("never seen", 0.5)], [('""', 0.5)]]),
            inference(verified=True),
            inference(boxes=[], totalBoxes=0),
        ]
        batch = [{"picture_id": pictures[n % 3], "document": document} for n, document in enumerate(documents)]
        answers = call("import_inferences", batch, acting=ana["user_id"])
        assert [answer["picture_id"] for answer in answers] == [item["picture_id"] for item in batch]
        for answer, document in zip(answers, documents, strict=True):
            rebuilt = call("rebuild_inference", answer["inference_id"])
            assert without_ids(rebuilt, document) == {
                key: value for key, value in document.items() if key != "verified"
            }
            assert rebuilt["requested_by"] == ana["user_id"]
        assert call("rebuild_inference_of", pictures[0])["inference_id"] == answers[3]["inference_id"]
        claims = database.execute("select claimed from datastore.history where claimed is not null").fetchall()
        assert claims == [({"verified": True},)]
        assert call("import_inferences", []) == []

    def test_all_or_none(self, call: Call, picture_id: str, database: psycopg.Connection) -> None:
        good = {"picture_id": picture_id, "document": inference()}
        with refused("DS404") as error:
            call("import_inferences", [good, {"picture_id": str(uuid.uuid4()), "document": inference()}])
        assert errors_of(error) == [("/1/picture_id", "picture_id")]
        wrong: list[tuple[Any, list[tuple[str, str]]]] = [
            ({"picture_id": "x", "document": inference()}, [("/1/picture_id", "format")]),
            ({"document": inference()}, [("/1/picture_id", "format")]),
            ({"picture_id": picture_id}, [("/1/document", "type")]),
            (5, [("/1/document", "type"), ("/1/picture_id", "format")]),
        ]
        for item, expected in wrong:
            with refused("DS400") as error:
                call("import_inferences", [good, item])
            assert errors_of(error) == expected
        with refused("DS400"):
            call("import_inferences", good)
        assert count(database, "inference") == 0


class TestEveryDocument:
    def test_is_rebuilt_as_it_was_sent(self, database: psycopg.Connection, call: Call, picture_id: str) -> None:
        @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(document=generate.valid("inference"))
        def rebuilt_as_sent(document: Document) -> None:
            answer = call("import_inference", picture_id, document)
            assert call("rebuild_inference", answer["inference_id"]) == answer
            client = {key: value for key, value in document.items() if key not in SYSTEM_KEYS}
            client["boxes"] = [cleaned(box) for box in document["boxes"]]
            query = "select %s::jsonb = %s::jsonb"
            same = database.execute(query, [dumps(without_ids(answer, client)), dumps(client)]).fetchone()
            assert same == (True,), (without_ids(answer, client), client)

        rebuilt_as_sent()


def cleaned(box: Document) -> Document:
    box = {key: value for key, value in box.items() if key not in BOX_KEYS}
    if "topN" in box:
        box["topN"] = [{key: guess[key] for key in guess.keys() - {"object_id", "is_expert"}} for guess in box["topN"]]
    return box


class TestAtRest:
    def test_guesses_are_rows_for_who_asks(self, call: Call, picture_id: str, database: psycopg.Connection) -> None:
        answer = call("import_inference", picture_id, inference())
        rows = database.execute("""
            select box_id::text, place, object_id::text, label, score, is_expert
            from datastore.guess order by box_id, place
        """).fetchall()
        assert rows == [
            (box["box_id"], place, guess["object_id"], guess["label"], guess["score"], False)
            for box in answer["boxes"]
            for place, guess in enumerate(box["topN"], 1)
        ]

    @pytest.mark.parametrize(
        "change",
        [
            "document = document - 'label'",
            "guesses = '[{}]'",
            "document = jsonb_set(document, '{box,topX}', '5000')",
            "scores = scores || 1.0",
        ],
    )
    def test_a_plain_update_is_checked_as_well(
        self, call: Call, picture_id: str, database: psycopg.Connection, change: str
    ) -> None:
        call("import_inference", picture_id, inference())
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute(f"update datastore.box set {change}")

    def test_gone_with_its_picture(self, call: Call, picture_id: str, database: psycopg.Connection) -> None:
        answer = call("import_inference", picture_id, inference())
        boxes = [{"boxId": answer["boxes"][0]["box_id"], "label": "Zea mays"}]
        call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": boxes})
        database.execute("delete from datastore.picture")
        for table in ("inference", "box", "verdict", "expert_guess"):
            assert count(database, table) == 0


class TestPython:
    def test_import_and_read(self, acting: Store, ana_in_python: User) -> None:
        picture_id = self.picture(acting)
        answer = acting.import_inference(picture_id, inference())
        assert acting.inference(answer["inference_id"]) == answer  # type: ignore[arg-type]
        assert acting.inference_of(picture_id) == answer
        (second,) = acting.import_inferences([(picture_id, inference())])
        assert acting.inference(str(second["inference_id"]), as_sent=True)["totalBoxes"] == 2
        assert acting.unknown_models()
        with pytest.raises(NotAllowed, match="administrator"):
            acting.recognise_models()
        assert answer["requested_by"] == ana_in_python["user_id"]

    def test_what_is_refused(self, acting: Store) -> None:
        picture_id = self.picture(acting)
        with pytest.raises(InvalidDocument) as refusal:
            acting.import_inferences([(picture_id, inference()), (picture_id, inference(totalBoxes=3))])
        assert [error["instance_path"] for error in refusal.value.errors] == ["/1/document/totalBoxes"]
        with pytest.raises(NotFound):
            acting.import_inference(uuid.uuid4(), inference())
        with pytest.raises(NotFound):
            acting.inference("x")

    @pytest.fixture
    def ana_in_python(self, store: Store) -> User:
        return store.register_user("ana@example.org")

    @pytest.fixture
    def acting(self, store: Store, ana_in_python: User) -> Any:
        with store.acting_as(ana_in_python["user_id"]):
            yield store

    def picture(self, store: Store) -> str:
        (uploaded,) = store.upload_pictures(NewPicture(picture(1)))
        return uploaded["picture_id"]
