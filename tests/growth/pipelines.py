"""Calls that import models and pipelines."""

from __future__ import annotations

from tests.growth.cases import case, query, spread
from tests.growth.documents import inference, model
from tests.growth.session import Call, Session


@case("import_pipelines", 500)
def import_models(session: Session, n: int) -> Call:
    return query("import_pipelines", {"models": [model(f"m{place}", version=1) for place in range(n)]})


@case("import_pipelines", 500)
def import_models_again(session: Session, n: int) -> Call:
    session.ask(*spread(import_models(session, n)))
    return query("import_pipelines", {"models": [model(f"m{place}", version=2) for place in range(n)]})


@case("import_pipelines", 500)
def import_versions(session: Session, n: int) -> Call:
    return query("import_pipelines", {"models": [model("m", version=place) for place in range(n)]})


@case("import_pipelines", 500)
def import_versions_that_go_backwards(session: Session, n: int) -> Call:
    session.ask(*spread(query("import_pipelines", {"models": [model("m", version=n + 1)]})))
    return import_versions(session, n)


@case("import_pipelines", 500)
def import_versions_of_one_height(session: Session, n: int) -> Call:
    return query("import_pipelines", {"models": [model("m", version="0" * place + "1") for place in range(n)]})


@case("import_pipelines", 500)
def import_pipelines(session: Session, n: int) -> Call:
    return query(
        "import_pipelines",
        {"models": [model("m")], "pipelines": [{"pipeline_name": str(place), "models": ["m"]} for place in range(n)]},
    )


@case("import_pipelines", 500)
def import_pipelines_of_unknown_models(session: Session, n: int) -> Call:
    models = [f"unknown {place}" for place in range(100)]
    return query(
        "import_pipelines",
        {
            "models": [model(str(place)) for place in range(n)],
            "pipelines": [{"pipeline_name": str(place), "models": models} for place in range(n)],
        },
    )


@case("import_pipelines", 500)
def import_claims_of_pipelines(session: Session, n: int) -> Call:
    return query("import_pipelines", {"models": [model(str(place), model_id=1) for place in range(n)]})


@case("import_pipelines", 500)
def import_secrets(session: Session, n: int) -> Call:
    sealed = {"kek_id": "k", "nonce": "AAAA", "ciphertext": "AAAA"}
    models = [model(str(place), api_key=sealed, endpoint=sealed) for place in range(n)]
    return query("import_pipelines", {"models": models})


@case("remember_import", 500)
def remember_import(session: Session, n: int) -> Call:
    models = [model(str(place), model_id=1) for place in range(n)]
    return query("remember_import", {"models": models}, {"models": models})


@case("recognise_models", 5000)
def recognise_models(session: Session, n: int) -> Call:
    """Of many inferences that name a pipeline that is not known."""
    document = inference([], pipeline_name="p")
    for begun in range(0, n, 1000):
        batch = [{"picture_id": session.picture_id, "document": document}] * min(1000, n - begun)
        session.ask(*spread(query("import_inferences", batch)))
    return query("recognise_models")
