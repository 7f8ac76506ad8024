"""Looks for small inputs that cost much: DATASTORE_FUZZ_SECONDS (else 5) long, from DATASTORE_FUZZ_SEED (else any)."""

from __future__ import annotations

import os
import time
from random import Random, SystemRandom

from datastore_db import Store
from datastore_db.aio import User
from datastore_db.json_codec import dumps
from tests.fuzz.inputs import MAX_BYTES, Input, inputs
from tests.support.cost import Cost, cost

SECONDS, MEGABYTES = 1, 200
# 54001: PostgreSQL itself reads no JSON of thousands of levels.
EXPECTED = {None, "DS400", "DS403", "DS404", "DS409", "54001"}
DOCUMENTS = frozenset("[{")


def test_no_small_input_costs_much(database_url: str, store: Store, ana: User) -> None:
    seed = int(os.environ.get("DATASTORE_FUZZ_SEED") or SystemRandom().getrandbits(32))
    print(f"DATASTORE_FUZZ_SEED={seed}")
    acting = str(ana["user_id"])
    set_id = str(ana["picture_set_id"])
    (picture,) = cost(database_url, "select datastore.announce_pictures(%s, '[{}]')", set_id, acting=acting).answer
    inference = cost(
        database_url, "select datastore.import_inference(%s, %s::jsonb)",
        picture["picture_id"], dumps({"boxes": [], "totalBoxes": 0}), acting=acting,
    ).answer  # fmt: skip
    known = {
        "$picture_set": set_id,
        "$picture": str(picture["picture_id"]),
        "$inference": str(inference["inference_id"]),
        "$container": str(ana["container_id"]),
    }

    def called(given: Input) -> Cost:
        arguments = list(given.arguments)
        for name, value in known.items():
            arguments = [argument.replace(name, value) for argument in arguments]
        documents = [argument[:1] in DOCUMENTS for argument in arguments]
        # A path may look like a document.
        documents[:2] = [False, False] if given.function == "open_picture_set" else documents[:2]
        kinds = ["::jsonb" if is_document and given.takes_documents else "" for is_document in documents]
        query = f"select datastore.{given.function}({', '.join('%s' + kind for kind in kinds)})"
        return cost(database_url, query, *arguments, acting=acting if given.acts else None)

    end = time.monotonic() + float(os.environ.get("DATASTORE_FUZZ_SECONDS") or 5)
    costly, tried, refused = [], 0, set()
    for given in inputs(Random(seed)):
        if time.monotonic() > end:
            break
        assert sum(map(len, given.arguments)) <= 2 * MAX_BYTES
        told = called(given)
        tried += 1
        refused.add(told.sqlstate)
        if told.sqlstate not in EXPECTED:
            costly.append(f"{given.name}: {told.message[:300]}")
        if told.seconds > SECONDS or told.megabytes > MEGABYTES:
            again = called(given)
            if again.seconds > SECONDS or again.megabytes > MEGABYTES:
                costly.append(f"{given.name}: {again.seconds:.2f} s, {again.megabytes:.0f} MB, {again.sqlstate}")
    print(f"{tried} inputs; what became of them: {sorted(map(str, refused))}")
    assert tried > 3
    print(*costly, sep="\n")
    assert costly == [], f"with DATASTORE_FUZZ_SEED={seed}"
