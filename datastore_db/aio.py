"""The async store. `datastore_db.connect` gives the same one for blocking code."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, cast
from uuid import UUID

from datastore_db.account import Account, another_instance
from datastore_db.containers import Containers, Permission
from datastore_db.database import Argument, Database, Document
from datastore_db.download import DownloadReport, download
from datastore_db.errors import CannotSign, Conflict, DocumentError, InvalidDocument, NotAllowed, NotFound
from datastore_db.folder import Source, open_folder
from datastore_db.ids import Id
from datastore_db.ids import to_uuid as _uuid
from datastore_db.json_codec import Json, JsonObject
from datastore_db.keys.find import KEK, Keys
from datastore_db.keys.model_secrets import opened_models, sealed_pipelines
from datastore_db.keys.renewal import Renewals, Renewed
from datastore_db.keys.rewrapping import Rewrapped, rewrap
from datastore_db.links import MINUTES, Link, read_link, write_link
from datastore_db.models import Feedback, Inference, Picture, PictureSet, Pipelines
from datastore_db.performance import Performance, Review, Training
from datastore_db.settings import STORAGE, Settings, find_settings
from datastore_db.sharing import Sharing
from datastore_db.storage import Connections, ContainerMissing, StoredBlob
from datastore_db.upload import NewPicture, UploadedPicture, UploadReport, upload_folder, upload_pictures
from datastore_db.upload.batch import CONCURRENT_UPLOADS, Target
from datastore_db.upload.pictures import File
from datastore_db.upload.report import ProgressListener

_log = logging.getLogger("datastore_db")


class User(TypedDict):
    """A registered user. picture_set_id: the default set, *General*."""

    user_id: str
    email: str
    container_id: str
    container_name: str
    picture_set_id: str


class Revoked(TypedDict):
    """Keys that were taken back. in_storage: False where their policies are still to be removed from storage."""

    keys: list[JsonObject]
    in_storage: bool


def connect(
    database_url: str | None = None, storage_connection_string: str | None = None, *, home: Path | None = None
) -> Connecting:
    """A store: `async with connect() as store:` or `store = await connect()`.

    Without arguments: what `DATASTORE_DB_URL` and `DATASTORE_STORAGE_CONNECTION_STRING` say, else a PostgreSQL and an
    Azurite of this machine, started for it. home: the folder of those. Raises `Unreachable` or `DatastoreError`.
    """
    return Connecting(database_url, storage_connection_string, home)


class Store(Sharing):
    """Pictures and what is known about them, for one backend or one person.

    Who acts is said by `acting_as`, or by the argument `user_id` that every method takes; without either a call runs
    as the database connection's own role, which sees everything.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._acting: ContextVar[UUID | None] = ContextVar("acting", default=None)
        self._uploads = asyncio.Semaphore(CONCURRENT_UPLOADS)

    @cached_property
    def _connections(self) -> Connections:
        return Connections()

    @cached_property
    def _account(self) -> Account | None:
        text = self._settings.storage_connection_string
        return None if text is None else Account.connect(self._connections, text)

    @cached_property
    def _keys(self) -> Keys:
        return Keys(self._settings.local_home)

    @cached_property
    def _renewals(self) -> Renewals | None:
        return None if self._account is None else Renewals(self._database, self._account, self._keys)

    @cached_property
    def _containers(self) -> Containers:
        return Containers(self._database, self._connections, self._account, self._keys, self._renewals)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection, and stop the local servers if nobody else uses them."""
        if "_containers" in self.__dict__:
            await self._containers.close()
        await self._database.close()
        if "_connections" in self.__dict__:
            await self._connections.close()
        if self._settings.stack is not None:
            await asyncio.to_thread(self._settings.stack.close)

    @contextmanager
    def acting_as(self, user_id: Id) -> Iterator[Self]:
        """Everything inside the `with` block is asked by this user."""
        token = self._acting.set(_uuid(user_id))
        try:
            yield self
        finally:
            self._acting.reset(token)

    # People and folders

    async def register_user(self, email: str, tier: str = "user", *, user_id: Id | None = None) -> User:
        """Register a user, with a container of their own; again: the same answer. Raises `Conflict` for another tier.

        The container and its keys are made in storage at once where the storage account's credentials are configured;
        else it is pending until `renew_keys` runs where they are.
        """
        user = cast(User, await self._call("register_user", user_id, email=email, tier=tier))
        if self._renewals is not None:
            try:
                await self._renewals.make(user["container_id"])
            except NotAllowed as error:  # it is pending, and somebody else's business
                _log.info("the container %s is not made in storage yet: %s", user["container_name"], error)
        return user

    async def find_user(self, email: str, *, user_id: Id | None = None) -> User:
        """The user with this email address, without regard to case. Raises `NotFound`."""
        return cast(User, await self._call("find_user", user_id, email=email))

    async def create_picture_set(
        self, document: JsonObject | PictureSet | None = None, *, user_id: Id | None = None
    ) -> JsonObject:
        """Make a picture set; answers its document. Raises `InvalidDocument`, or `Conflict` for a name in use."""
        checked = PictureSet.read({} if document is None else document)
        return cast(JsonObject, await self._call("create_picture_set", user_id, document=Document(checked.as_json())))

    async def folders(self, container_id: Id | None = None, *, user_id: Id | None = None) -> list[JsonObject]:
        """The acting user's picture sets, each with its stored pictures; or those of a container that is shared."""
        named = None if container_id is None else _uuid(container_id)
        return cast(list[JsonObject], await self._call("rebuild_folders", user_id, container_id=named))

    async def seeds(self, *, user_id: Id | None = None) -> JsonObject:
        """All species: `{"seeds": [{seed_id, seed_name, status}]}`."""
        return cast(JsonObject, await self._call("rebuild_seeds", user_id))

    # Inferences

    async def import_inference(
        self, picture_id: Id, document: JsonObject | Inference, *, user_id: Id | None = None
    ) -> JsonObject:
        """Store what a pipeline of models said about a picture; answers the document with its ids.

        Raises `InvalidDocument`, or `NotFound` for the picture.
        """
        said = Document(Inference.read(document).as_json())
        answer = await self._call("import_inference", user_id, picture_id=_uuid(picture_id), document=said)
        return cast(JsonObject, answer)

    async def import_inferences(
        self, inferences: Iterable[tuple[Id, JsonObject | Inference]], *, user_id: Id | None = None
    ) -> list[JsonObject]:
        """Store many inferences at once, all or none: pairs of a picture's id and a document.

        Answers `{inference_id, picture_id}` in order. Raises `InvalidDocument`, whose paths begin with the place in
        the list, or `NotFound` for a picture.
        """
        said: list[JsonObject] = []
        errors: list[DocumentError] = []
        for place, (picture_id, document) in enumerate(inferences):
            try:
                said.append({"picture_id": str(_uuid(picture_id)), "document": Inference.read(document).as_json()})
            except InvalidDocument as refused:
                path = f"/{place}/document"
                errors += [error | {"instance_path": path + error["instance_path"]} for error in refused.errors]
        if errors:
            raise InvalidDocument(errors, "the inferences")
        return cast(list[JsonObject], await self._call("import_inferences", user_id, documents=Document(said)))

    async def inference(self, inference_id: Id, *, as_sent: bool = False, user_id: Id | None = None) -> JsonObject:
        """An inference's document as it holds now; as_sent: the model's answer alone. Raises `NotFound`."""
        answer = await self._call("rebuild_inference", user_id, inference_id=_uuid(inference_id), as_sent=as_sent)
        return cast(JsonObject, answer)

    async def inference_of(
        self, picture_id: Id, *, as_sent: bool = False, user_id: Id | None = None
    ) -> JsonObject | None:
        """The document of a picture's newest inference, None if it has none. Raises `NotFound` for the picture."""
        answer = await self._call("rebuild_inference_of", user_id, picture_id=_uuid(picture_id), as_sent=as_sent)
        return cast("JsonObject | None", answer)

    async def show_inference(
        self, inference_or_picture_id: Id, *, as_sent: bool = False, user_id: Id | None = None
    ) -> JsonObject:
        """The document of the inference with this id, or of the newest one of the picture with this id.

        Raises `NotFound`.
        """
        try:
            return await self.inference(inference_or_picture_id, as_sent=as_sent, user_id=user_id)
        except NotFound:
            try:
                newest = await self.inference_of(inference_or_picture_id, as_sent=as_sent, user_id=user_id)
            except NotFound:
                raise NotFound(f"there is no inference and no picture {inference_or_picture_id}") from None
        if newest is None:
            raise NotFound(f"picture {inference_or_picture_id} has no inference")
        return newest

    async def record_feedback(self, document: JsonObject | Feedback, *, user_id: Id | None = None) -> JsonObject:
        """Take what an expert says about the boxes of an inference, all of it or nothing; answers the inference.

        Raises `InvalidDocument`, `NotAllowed` when `userId` is not the acting user, `NotFound` for an inference, a box
        or a species, or `Conflict` for another verdict on a verified inference.
        """
        said = Document(Feedback.read(document).as_json())
        return cast(JsonObject, await self._call("record_feedback", user_id, document=said))

    async def reopen_inference(self, inference_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Open a verified inference for other verdicts; this is recorded. Raises `NotFound`."""
        return cast(JsonObject, await self._call("reopen_inference", user_id, inference_id=_uuid(inference_id)))

    async def verdicts(self, inference_id: Id, *, user_id: Id | None = None) -> list[JsonObject]:
        """Everything that experts said about an inference, in order. Raises `NotFound`."""
        return cast(list[JsonObject], await self._call("rebuild_verdicts", user_id, inference_id=_uuid(inference_id)))

    # The review of species and models that documents brought

    async def unreviewed_seeds(self, *, user_id: Id | None = None) -> JsonObject:
        """The species that wait for a person's look: `{"seeds": [{seed_id, seed_name, labels, …}]}`."""
        return cast(JsonObject, await self._call("unreviewed_seeds", user_id))

    async def find_species(self, name_or_id: str, *, user_id: Id | None = None) -> JsonObject:
        """The species with this id, this name or this label: `{seed_id, seed_name, status}`. Raises `NotFound`."""
        return cast(JsonObject, await self._call("find_species", user_id, name_or_id=name_or_id))

    async def accept_seed(self, seed_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Accept an unreviewed species as known. Raises `NotFound`, or `Conflict` for one that was merged."""
        return cast(JsonObject, await self._call("accept_seed", user_id, seed_id=_uuid(seed_id)))

    async def merge_seed(self, seed_id: Id, into_seed_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Say that an unreviewed species is a known one; answers that one. Raises `NotFound` or `Conflict`."""
        answer = await self._call("merge_seed", user_id, seed_id=_uuid(seed_id), into_seed_id=_uuid(into_seed_id))
        return cast(JsonObject, answer)

    async def unknown_models(self, *, user_id: Id | None = None) -> list[JsonObject]:
        """The models that inferences name and that nobody knows: `[{name, version, inferences}]`."""
        return cast(list[JsonObject], await self._call("unknown_models", user_id))

    async def recognise_models(self, *, user_id: Id | None = None) -> int:
        """Tie inferences to models that were not known when they came; answers how many."""
        return cast(int, await self._call("recognise_models", user_id))

    # What the team asks

    async def performance(
        self,
        *,
        per: str = "month",
        pipeline_id: Id | None = None,
        model_version_id: Id | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: Id | None = None,
    ) -> Performance:
        """How good pipelines and models are, as experts found: figures of verified boxes alone.

        per: day, week, month, quarter or year, for what is told over time. The rest asks of one pipeline, of
        inferences that one model version took part in, of verdicts at or after `since` and before `until`. Raises
        `NotFound` for a pipeline or a model version.
        """
        answer = await self._call(
            "rebuild_performance",
            user_id,
            per=per,
            pipeline_id=None if pipeline_id is None else _uuid(pipeline_id),
            model_version_id=None if model_version_id is None else _uuid(model_version_id),
            since=since,
            until=until,
        )
        return cast(Performance, answer)

    async def training(self, *, user_id: Id | None = None) -> Training:
        """How many labelled pictures there are of each species, those with the fewest first."""
        return cast(Training, await self._call("rebuild_training", user_id))

    async def review(self, *, results: int = 20, newest: int = 1000, user_id: Id | None = None) -> Review:
        """Which pictures most deserve an expert's eye, among the newest inferences that are not verified."""
        return cast(Review, await self._call("rebuild_review", user_id, results=results, newest=newest))

    # Pictures

    async def upload_folder(
        self,
        source: Source,
        *,
        name: str | None = None,
        replace: bool = False,
        progress: ProgressListener | None = None,
        user_id: Id | None = None,
    ) -> UploadReport:
        """Upload a folder of pictures with YAML or JSON beside them; again: only what is new or changed.

        source: a directory, a zip file, or pairs of (relative path, binary stream) as a browser's folder gives them.
        name: what the folder is known by, instead of its own name. replace: other bytes under a known path take its
        place. What is wrong with single files is in the report; `report.complete` says whether everything was done.
        Raises `datastore_db.folder.FolderError` when there is no folder to read.
        """
        with await asyncio.to_thread(open_folder, source, name=name) as folder:
            target, _ = await self._target(None, user_id)
            return await upload_folder(target, folder, replace=replace, progress=progress)

    async def upload_pictures(
        self,
        pictures: NewPicture | Iterable[NewPicture | tuple[File, JsonObject | Picture | None]],
        *,
        picture_set_id: Id | None = None,
        user_id: Id | None = None,
    ) -> list[UploadedPicture]:
        """Upload pictures from paths, bytes or seekable streams, each with its document; answers in order.

        picture_set_id: where they go; without it the acting user's default set. Bytes that the set has already give
        the picture that exists. Every picture is looked at first: if one is wrong nothing is uploaded. Raises
        `InvalidDocument`, whose paths begin with the picture's place in the list, `BrokenPicture` or `NotAPicture`.
        """
        given = [pictures] if isinstance(pictures, NewPicture) else pictures
        listed = [item if isinstance(item, NewPicture) else NewPicture(*item) for item in given]
        target, home_id = await self._target(picture_set_id, user_id)
        return await upload_pictures(target, home_id, listed)

    async def update_picture(
        self, picture_id: Id, document: JsonObject | Picture, *, user_id: Id | None = None
    ) -> JsonObject:
        """Put a document in the place of what was said before; answers the rebuilt one."""
        checked = Picture.read(document)
        answer = await self._call(
            "update_picture", user_id, picture_id=_uuid(picture_id), document=Document(checked.as_json())
        )
        return cast(JsonObject, answer)

    async def picture(self, picture_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """A picture's document. Raises `NotFound`."""
        return cast(JsonObject, await self._call("rebuild_picture", user_id, picture_id=_uuid(picture_id)))

    async def picture_set(self, picture_set_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """A picture set's document, with those of its pictures under `pictures`. Raises `NotFound`."""
        return cast(JsonObject, await self._call("rebuild_picture_set", user_id, picture_set_id=_uuid(picture_set_id)))

    async def read_picture(self, picture_id: Id, *, user_id: Id | None = None) -> tuple[bytes, str]:
        """A picture's bytes and media type. Raises `NotFound`, or `Conflict` while they have not arrived."""
        chunks, blob = await self.open_picture(picture_id, user_id=user_id)
        return b"".join([chunk async for chunk in chunks]), blob.media_type

    async def open_picture(
        self, picture_id: Id, *, user_id: Id | None = None
    ) -> tuple[AsyncIterator[bytes], StoredBlob]:
        """A picture's bytes as they come, and its size, MD5 and media type."""
        found = cast(JsonObject, await self._call("locate_picture", user_id, picture_id=_uuid(picture_id)))
        container = await self._containers.open(found, "read", self._who(user_id))
        return await container.read(str(found["blob_name"]))

    async def download(
        self,
        picture_or_set_id: Id,
        directory: Path | str,
        *,
        progress: ProgressListener | None = None,
        user_id: Id | None = None,
    ) -> DownloadReport:
        """Write a picture, or a set, into a directory: files and their JSON, as `upload_folder` reads them."""
        document = await self.show(picture_or_set_id, user_id=user_id)
        acting = self._who(user_id)

        async def open_picture(picture_id: str) -> AsyncIterator[bytes]:
            chunks, _ = await self.open_picture(picture_id, user_id=acting)
            return chunks

        return await download(document, Path(directory), open_picture, progress)

    async def show(self, picture_or_set_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """The document of a picture or of a picture set, whichever has this id. Raises `NotFound`."""
        try:
            return await self.picture(picture_or_set_id, user_id=user_id)
        except NotFound:
            try:
                return await self.picture_set(picture_or_set_id, user_id=user_id)
            except NotFound:
                raise NotFound(f"there is no picture and no picture set {picture_or_set_id}") from None

    # Pipelines and models

    async def import_pipelines(self, document: JsonObject | Pipelines, *, user_id: Id | None = None) -> JsonObject:
        """Register pipelines and models, or change them; answers the document with their ids, without secrets.

        `api_key` and `endpoint` of a model are text or sealed; text is sealed before the database sees it. Raises
        `InvalidDocument`, or `datastore_db.keys.NoKey` when there is something to seal and no key to seal it with.
        """
        sealed = await asyncio.to_thread(sealed_pipelines, document, self._settings.local_home)
        return cast(JsonObject, await self._call("import_pipelines", user_id, document=Document(sealed)))

    async def pipelines(self, *, include_inactive: bool = False, user_id: Id | None = None) -> JsonObject:
        """Pipelines, the acting user's own choice first, then the default one, and models, without their secrets.

        include_inactive: retired pipelines and old versions of models as well.
        """
        answer = await self._call("rebuild_pipelines", user_id, include_inactive=include_inactive)
        return cast(JsonObject, answer)

    async def endpoints(self, *, user_id: Id | None = None) -> list[JsonObject]:
        """The models that pipelines run, with `endpoint` and `api_key` opened; their repr does not show them.

        Raises `datastore_db.keys.NoKey` or `datastore_db.keys.CannotUnseal`.
        """
        document = cast(JsonObject, await self._call("rebuild_pipelines", user_id, with_keys=True))
        return await asyncio.to_thread(opened_models, document, self._settings.local_home)

    async def choose_pipeline(self, pipeline_id: Id | None, *, user_id: Id | None = None) -> JsonObject | None:
        """Make a pipeline the acting user's own choice, and answer it; None gives the choice up.

        Raises `NotAllowed` when nobody acts, `NotFound`, or `Conflict` for a retired pipeline.
        """
        chosen = None if pipeline_id is None else _uuid(pipeline_id)
        return cast("JsonObject | None", await self._call("choose_pipeline", user_id, pipeline_id=chosen))

    async def retire_pipeline(self, pipeline_id: Id, *, retired: bool = True, user_id: Id | None = None) -> JsonObject:
        """Retire a pipeline, or bring it back, and answer it. Raises `NotFound`."""
        answer = await self._call("retire_pipeline", user_id, pipeline_id=_uuid(pipeline_id), retired=retired)
        return cast(JsonObject, answer)

    # Containers, their keys, and links

    async def link(self, picture_id: Id, *, minutes: int = MINUTES, user_id: Id | None = None) -> Link:
        """An address at which anyone can read one picture from storage itself, for a time; that is recorded.

        Raises `NotFound`, `Conflict` while its bytes have not arrived, or `CannotSign` where the storage account's
        credentials are not.
        """
        account = self._needed_account("signs a link")
        return await read_link(self._database, account, _uuid(picture_id), minutes, self._who(user_id))

    async def upload_link(self, picture_id: Id, *, minutes: int = MINUTES, user_id: Id | None = None) -> Link:
        """An address at which anyone can upload the bytes of one announced picture, for a time; that is recorded.

        Raises `NotFound`, `Conflict` for a picture that is stored, or `CannotSign`.
        """
        account = self._needed_account("signs a link")
        return await write_link(self._database, account, _uuid(picture_id), minutes, self._who(user_id))

    async def keys(
        self, container: str | None = None, *, include_past: bool = False, user_id: Id | None = None
    ) -> list[JsonObject]:
        """The keys of a container (its name, its id, or its user's email address), or of all; not the keys themselves.

        include_past: also those that open nothing any more. Raises `NotFound`.
        """
        ids = await self._named(container, user_id)
        answer = await self._call("list_keys", user_id, container_ids=ids, include_past=include_past)
        return cast(list[JsonObject], answer)

    async def issue_key(
        self, container: str, *, permission: Permission = "read", hours: float = 8, user_id: Id | None = None
    ) -> JsonObject:
        """A key to a container for a person: `url` has it in it. It is kept nowhere; that it was issued is recorded.

        Raises `NotFound`, `InvalidDocument` for a time that is too long, `Conflict`, or `CannotSign`.
        """
        renewals = self._needed_renewals("makes a key")
        found = cast(JsonObject, await self._call("container_called", user_id, container=container))
        return await renewals.hand_out(str(found["container_id"]), permission, hours, self._who(user_id))

    async def renew_keys(self, container: str | None = None) -> list[Renewed]:
        """Make in storage what is due: pending containers, new keys before old ones expire, the end of old policies.

        container: this one, with its policies, whether or not something seems due. Several processes may do it at
        once. What went wrong with single containers is in the answer. Raises `CannotSign`.
        """
        renewals = self._needed_renewals("makes containers and keys")
        if not renewals.with_keys:
            _log.warning("no keys are made: that needs %s, and an AccountKey in %s", KEK, STORAGE)
        if container is None:
            return await renewals.renew()
        found = cast(JsonObject, await self._call("container_called", None, container=container))
        return await renewals.repair_all([found])

    async def rotate_keys(self, container: str | None = None, *, overlap_hours: float = 1) -> list[Renewed]:
        """Replace the keys of a container, or of all. The old ones stay good for a while; the next renewal ends them.

        Raises `CannotSign`, or `datastore_db.keys.NoKey`.
        """
        renewals = self._needed_renewals("makes keys")
        await self._keys.get()
        overlap = f"{overlap_hours} hours"
        if container is None:
            await self._call("rotate_keys", None, overlap=overlap)
            return await renewals.renew()
        found = cast(JsonObject, await self._call("container_called", None, container=container))
        ids = Document([found["container_id"]])
        await self._call("rotate_keys", None, container_ids=ids, overlap=overlap)
        return await renewals.repair_all([found])

    async def rotate_key_encryption_key(self) -> Rewrapped:
        """Wrap the keys of all sealed secrets with the current key-encryption key: the others are needed no more.

        Raises `datastore_db.keys.NoKey`.
        """
        return await rewrap(self._database, self._keys)

    async def revoke_keys(
        self, key_ids: Iterable[Id] = (), *, container: str | None = None, user_id: Id | None = None
    ) -> Revoked:
        """Take keys back, or all keys of a container, at once; the datastore makes new ones for its own use.

        Azure takes up to 30 seconds. Keys that were handed out for one container go together. Without the storage
        account's credentials the answer's `in_storage` is False: run `renew_keys` where they are. Raises `NotFound`.
        """
        answer = cast(
            JsonObject,
            await self._call(
                "revoke_keys",
                user_id,
                key_ids=Document([str(_uuid(key_id)) for key_id in key_ids]),
                container_ids=Document([]) if container is None else await self._named(container, user_id),
            ),
        )
        revoked: Revoked = {"keys": cast(list[JsonObject], answer["keys"]), "in_storage": self._renewals is not None}
        if self._renewals is not None:
            for container_id in cast(list[str], answer["container_ids"]):
                await self._renewals.make(container_id)
        return revoked

    async def claim_containers(self, container: str | None = None) -> list[Renewed]:
        """Take over a container in storage, or all, from another database that this one takes the place of.

        The other one, if it is still there, does not touch them any more. Raises `CannotSign`.
        """
        renewals = self._needed_renewals("takes over containers")
        if container is not None:
            found = [cast(JsonObject, await self._call("container_called", None, container=container))]
        else:
            found = cast(list[JsonObject], await self._call("list_containers", None))
        return await renewals.claim(found)

    async def instance(self) -> str:
        """The id of this database, which its containers in storage carry."""
        return str(await self._call("own_instance", None))

    async def new_instance(self) -> str:
        """Make this database another instance, which touches no container in storage until it claims it."""
        return str(await self._call("new_instance", None))

    async def delete_pending_pictures(self, older_than: timedelta, *, user_id: Id | None = None) -> int:
        """Delete pictures that were announced that long ago and never arrived; answers how many."""
        return cast(int, await self._call("delete_pending_pictures", user_id, older_than=older_than))

    async def sweep(self, *, user_id: Id | None = None) -> int:
        """Delete the blobs whose pictures are gone; answers how many. Needs the storage account's credentials.

        Raises `Conflict` at the end, when there were blobs in containers of another database: it leaves those alone.
        """
        account = self._needed_account("deletes blobs, which the keys of containers may not")
        own_id = str(await self._call("own_instance", None))
        swept = 0
        foreign: dict[str, bool] = {}
        while due := cast(
            list[JsonObject],
            await self._call(
                "due_blob_deletions",
                user_id,
                except_containers=Document([name for name, is_foreign in foreign.items() if is_foreign]),
            ),
        ):
            for name in {str(blob["container_name"]) for blob in due} - foreign.keys():
                foreign[name] = await _belongs_to_another(account, name, own_id)
            done: list[Json] = []
            for blob in due:
                if not foreign[str(blob["container_name"])]:
                    await account.delete(str(blob["container_name"]), str(blob["blob_name"]))
                    done.append(blob["blob_deletion_id"])
            await self._call("blobs_are_deleted", user_id, blob_deletion_ids=Document(done))
            swept += len(done)
        if others := sorted(name for name, is_foreign in foreign.items() if is_foreign):
            raise Conflict(
                f"deleted {swept} blobs, and none in {len(others)} containers: {another_instance(others[0])}"
            )
        return swept

    def _needed_account(self, does_what: str) -> Account:
        if self._account is None:
            raise CannotSign(
                f"this {does_what}: it needs the storage account's credentials. Set {STORAGE} here, or run it where "
                "that is set"
            )
        return self._account

    def _needed_renewals(self, does_what: str) -> Renewals:
        self._needed_account(does_what)
        assert self._renewals is not None
        return self._renewals

    async def _named(self, container: str | None, user_id: Id | None) -> Document | None:
        """A container by its name as the array of ids that functions take; None stays None, for all."""
        if container is None:
            return None
        found = cast(JsonObject, await self._call("container_called", user_id, container=container))
        return Document([found["container_id"]])

    async def _call(self, function: str, user_id: Id | None, **arguments: Argument) -> Json:
        return await self._database.call(function, acting=self._who(user_id), **arguments)

    def _who(self, user_id: Id | None) -> UUID | None:
        return _uuid(user_id) if user_id is not None else self._acting.get()

    async def _target(self, picture_set_id: Id | None, user_id: Id | None) -> tuple[Target, UUID]:
        named: dict[str, UUID] = {} if picture_set_id is None else {"picture_set_id": _uuid(picture_set_id)}
        found = cast(JsonObject, await self._call("find_container", user_id, **named))
        target = Target(
            database=self._database,
            container=await self._containers.open(found, "write", self._who(user_id)),
            acting=self._who(user_id),
            uploads=self._uploads,
        )
        return target, UUID(str(found["picture_set_id"]))


class Connecting:
    """A store that is about to be connected: `await` it, or enter it with `async with`."""

    def __init__(self, database_url: str | None, storage_connection_string: str | None, home: Path | None) -> None:
        self._arguments = (database_url, storage_connection_string, home)
        self._store: Store | None = None

    def __await__(self) -> Generator[object, None, Store]:
        return self._connect().__await__()

    async def __aenter__(self) -> Store:
        self._store = await self._connect()
        return self._store

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._store is not None:
            await self._store.close()

    async def _connect(self) -> Store:
        database_url, storage_connection_string, home = self._arguments
        settings = await asyncio.to_thread(find_settings, database_url, storage_connection_string, home=home)
        try:
            return Store(settings, await Database.connect(settings.database_url))
        except BaseException:
            if settings.stack is not None:
                await asyncio.to_thread(settings.stack.close)
            raise


async def _belongs_to_another(account: Account, container: str, instance_id: str) -> bool:
    try:
        owner = await account.instance_of(container)
    except ContainerMissing:
        return False
    return owner is not None and owner != instance_id
