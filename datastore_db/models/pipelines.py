"""The document of pipelines and models: the mirror of sql/documents/pipelines.v1.json."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from datastore_db.errors import DocumentError
from datastore_db.models.document import Document, Section
from datastore_db.models.values import JsonNumber, NonEmptyText, Number, Task, TextOrObject, Version, at_most, exact
from datastore_db.models.wording import worded

_AT_MOST_MODELS = at_most("pipelines", "properties", "models")


class Sealed(Section):
    """A secret, encrypted before it reaches the database."""

    model_config = ConfigDict(extra="forbid")

    kek_id: NonEmptyText
    nonce: NonEmptyText
    ciphertext: NonEmptyText


class _Described(Section):
    """The common base of pipelines and models."""

    created_by: str | None = None
    creation_date: str | None = None
    version: Version | None = None
    description: str | None = None
    job_name: str | None = None
    dataset: str | None = None
    dataset_description: str | None = None
    Accuracy: Number | None = None
    accuracy: Number | None = None

    def spellings(self) -> Iterator[tuple[str, str, bool]]:
        """Keys that have another spelling: that one, the usual one, and whether both are given."""
        yield "dataset_description", "dataset", None not in (self.dataset_description, self.dataset)
        yield "accuracy", "Accuracy", None not in (self.accuracy, self.Accuracy)


class Pipeline(_Described):
    """Models that run one after another."""

    pipeline_name: NonEmptyText
    models: Annotated[
        list[NonEmptyText],
        Field(min_length=1),
        at_most("pipelines", "properties", "pipelines", "items", "properties", "models"),
    ]
    default: bool | None = None


class Model(_Described):
    """A version of a model, and where it runs. `api_key` and `endpoint` are sealed."""

    model_name: NonEmptyText
    task: Task = ""
    tasks: Task = ""
    endpoint_name: str | None = None
    endpoint: Sealed | None = Field(default=None, repr=False)
    api_key: Sealed | None = Field(default=None, repr=False)
    content_type: str | None = None
    deployment_platform: str | None = None

    def spellings(self) -> Iterator[tuple[str, str, bool]]:
        """As of `_Described`, and `tasks`."""
        yield from super().spellings()
        yield "tasks", "task", {"tasks", "task"} <= self.model_fields_set

    @model_validator(mode="after")
    def _has_a_task(self) -> Self:
        if not self.model_fields_set & {"task", "tasks"}:
            raise PydanticCustomError("required", 'expected the key "task"')
        return self


class Pipelines(Document):
    """Which models there are, and in which order pipelines run them."""

    kind: ClassVar[str] = "pipelines"

    version: Version | None = None
    date: str | None = None
    pipelines: Annotated[list[Pipeline], at_most("pipelines", "properties", "pipelines")] = Field(default_factory=list)
    models: Annotated[list[Model], _AT_MOST_MODELS] = Field(default_factory=list)

    def rules(self) -> Iterator[DocumentError]:
        """`oneDefault`; `uniqueName`: a pipeline, or a version of a model, twice; `spelling`: both of a key."""
        defaults = [place for place, pipeline in enumerate(self.pipelines) if pipeline.default]
        for place in defaults[1:]:
            yield {
                "instance_path": f"/pipelines/{place}/default",
                "keyword": "oneDefault",
                "message": worded("oneDefault", defaults[0]),
            }
        yield from _repeated("pipelines", "pipeline_name", [(one.pipeline_name,) for one in self.pipelines])
        yield from _repeated(
            "models", "model_name", [(one.model_name, version_text(one.version)) for one in self.models]
        )
        for name, described in (("pipelines", self.pipelines), ("models", self.models)):
            for place, one in enumerate(described):
                for other, usual, both in one.spellings():
                    if both:
                        yield {
                            "instance_path": f"/{name}/{place}/{other}",
                            "keyword": "spelling",
                            "message": worded("twoSpellings", f'"{other}"', f'"{usual}"'),
                        }


class ModelInFile(Model):
    """A model as people write it: its secrets may be text, which is sealed before it reaches the database."""

    endpoint: TextOrObject[Sealed] | None = Field(default=None, repr=False)  # type: ignore[assignment]
    api_key: TextOrObject[Sealed] | None = Field(default=None, repr=False)  # type: ignore[assignment]


class PipelinesInFile(Pipelines):
    """The document as people write it: SQL takes it once each secret is sealed."""

    models: Annotated[list[ModelInFile], _AT_MOST_MODELS] = Field(  # type: ignore[assignment]
        default_factory=list
    )


def version_text(version: JsonNumber | str | None) -> str:
    """The text by which versions are compared: 5, 5.0 and "5" are the same one. No version is the empty text."""
    if version is None or isinstance(version, str):
        return version or ""
    return format(exact(version).to_integral_value(), "f")


def _repeated(entries: str, key: str, names: Sequence[tuple[str, ...]]) -> Iterator[DocumentError]:
    places: dict[tuple[str, ...], int] = {}
    for place, name in enumerate(names):
        if (first := places.setdefault(name, place)) != place:
            quoted = f'"{name[0]}"'
            message = (
                worded("uniquePipeline", quoted, first)
                if len(name) == 1
                else worded("uniqueModel", quoted, f", version {name[1]}" if name[1] else "", first)
            )
            yield {"instance_path": f"/{entries}/{place}/{key}", "keyword": "uniqueName", "message": message}
