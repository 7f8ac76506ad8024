"""Documents of pipelines and models."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


SEALED = {"kek_id": "k1", "nonce": "AAECAwQFBgcICQoL", "ciphertext": "c2VhbGVkIGJ5IHNvbWVib2R5IGVsc2U="}


API_KEY, ENDPOINT = "sk-V3ryS3cret-0123456789", "https://secret-host.example.org/score"


def model(name: str = "detector", **more: Any) -> Json:
    return {"model_name": name, "task": "Object detection", "version": 1} | more


def pipeline(name: str = "Swin", *models: str, **more: Any) -> Json:
    return {"pipeline_name": name, "models": list(models or ["detector"])} | more


def document(*entries: Json, **more: Any) -> Json:
    pipelines = [entry for entry in entries if "pipeline_name" in entry]
    return {"pipelines": pipelines, "models": [entry for entry in entries if "pipeline_name" not in entry]} | more


FULL: Json = document(
    pipeline(
        "Swin transformer",
        "seed-detector-1",
        "swin",
        created_by="A. Scientist",
        creation_date="2024-01-01",
        version=1,
        description=None,
        job_name="job",
        dataset="seeds",
        Accuracy=0.6908,
        default=True,
        unknown={"kept": [None, 1.50]},
    ),
    pipeline("Detector only", "seed-detector-1", default=None),
    model("seed-detector-1", version="1.0", endpoint=None, unknown=None),
    model("swin", task="CLASSIFICATION", version=5, api_key=SEALED, endpoint=SEALED, Accuracy=None, content_type="a/b"),
    version="0.1.0",
    date=None,
    schema_version=1,
    unknown={"kept": True},
)


def without_secrets(sent: Json) -> Json:
    return {key: value for key, value in sent.items() if key not in ("api_key", "endpoint")}


def names(rebuilt: Json) -> list[str]:
    return [one["pipeline_name"] for one in rebuilt["pipelines"]]


UNSEALED: list[tuple[Json, str, str]] = [
    (model(api_key=API_KEY), "/models/0/api_key", "type"),
    (model(endpoint=ENDPOINT), "/models/0/endpoint", "type"),
    (model(api_key={"kek_id": "k", "nonce": API_KEY}), "/models/0/api_key", "required"),
    (model(api_key=SEALED | {API_KEY: 1}), "/models/0/api_key", "additionalProperties"),
    (model(api_key=[API_KEY]), "/models/0/api_key", "type"),
    (model(apiKey=API_KEY), "/models/0/apiKey", "spelling"),
    (model(Endpoint=ENDPOINT), "/models/0/Endpoint", "spelling"),
    (model(more={"api-key": API_KEY}), "/models/0/more/api-key", "spelling"),
]
