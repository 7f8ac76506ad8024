"""The blocking store: the async one, run in a thread of its own. Nothing is written twice."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from datastore_db import aio
from datastore_db.database.calls import AsRole
from datastore_db.ids import Id

SECONDS_TO_STOP = 10.0

P = ParamSpec("P")
R = TypeVar("R")


class _Loop:
    """An event loop in a thread. What the caller set in context variables holds inside."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="datastore-db", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        ended = threading.Event()

        async def supervised() -> R:
            try:
                return await coroutine
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(supervised(), self._loop)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C arrives here, in the caller's thread: the task that runs for it is cancelled, and lets go of its
            # connections before anything closes them.
            future.cancel()
            ended.wait(SECONDS_TO_STOP)
            raise

    def stop(self) -> None:
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _blocking(
    method: Callable[Concatenate[aio.Store, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Store, P], R]:
    @functools.wraps(method)
    def call(self: Store, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._loop.run(method(self._store, *args, **kwargs))

    return call


def connect(
    database_url: str | None = None,
    storage_connection_string: str | None = None,
    *,
    home: Path | None = None,
    as_role: AsRole = "app",
) -> Store:
    """A blocking store: `with connect() as store:`.

    Without arguments: what `DATASTORE_DB_URL` and `DATASTORE_STORAGE_CONNECTION_STRING` say, else a PostgreSQL and an
    Azurite of this machine, started for it. home: the folder of those.

    as_role: app, for backends: each call has an acting user, and sees what that user may see. worker: every container,
    for no user, to sweep, to renew keys and to report. owner: what the database login itself may do, for migrations
    and for DBAs. Raises `Unreachable`, `NotAllowed` where the login may not become that role, or
    `DatastoreError`.
    """
    connecting = aio.connect(database_url, storage_connection_string, home=home, as_role=as_role)
    del database_url, storage_connection_string  # no password in the frame of an error
    loop = _Loop()
    try:

        async def connected() -> aio.Store:
            return await connecting

        return Store(loop, loop.run(connected()))
    except BaseException:
        loop.stop()
        raise


class Store:
    """The store of `datastore_db.aio`, for code that blocks. Methods, arguments and errors are the same.

    It may be used by several threads at once.
    """

    def __init__(self, loop: _Loop, store: aio.Store, *, is_bound: bool = False) -> None:
        self._loop = loop
        self._store = store
        self._is_bound = is_bound

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection, and stop the local servers if no other process uses them.

        A store that is bound to a user is closed with the one that it came from.
        """
        self._loop.run(self._store.close())
        if not self._is_bound:
            self._loop.stop()

    def for_user(self, user_id: Id) -> Self:
        """This store, bound to a user: each call of it is asked by that user, in whichever thread or task.

        It shares the connections, and costs nothing. Raises `NotAllowed` for None.
        """
        return self._bound(self._store.for_user(user_id))

    @contextmanager
    def acting_as(self, user_id: Id) -> Iterator[Self]:
        """Everything inside the `with` block is asked by this user.

        The block holds for this thread or task. What it gives, `with store.acting_as(user_id) as mine:`, is bound to
        the user, and may be handed to others. Raises `NotAllowed` for None.
        """
        with self._store.acting_as(user_id) as bound:
            yield self._bound(bound)

    def _bound(self, store: aio.Store) -> Self:
        return type(self)(self._loop, store, is_bound=True)

    register_user = _blocking(aio.Store.register_user)
    find_user = _blocking(aio.Store.find_user)
    set_site_role = _blocking(aio.Store.set_site_role)
    create_group = _blocking(aio.Store.create_group)
    find_group = _blocking(aio.Store.find_group)
    delete_group = _blocking(aio.Store.delete_group)
    set_member = _blocking(aio.Store.set_member)
    join_group = _blocking(aio.Store.join_group)
    remove_member = _blocking(aio.Store.remove_member)
    groups = _blocking(aio.Store.groups)
    create_picture_set = _blocking(aio.Store.create_picture_set)
    folders = _blocking(aio.Store.folders)
    upload_folder = _blocking(aio.Store.upload_folder)
    upload_pictures = _blocking(aio.Store.upload_pictures)
    update_picture = _blocking(aio.Store.update_picture)
    picture = _blocking(aio.Store.picture)
    picture_set = _blocking(aio.Store.picture_set)
    read_picture = _blocking(aio.Store.read_picture)
    make_copies = _blocking(aio.Store.make_copies)
    download = _blocking(aio.Store.download)
    show = _blocking(aio.Store.show)
    delete_pending_pictures = _blocking(aio.Store.delete_pending_pictures)
    seeds = _blocking(aio.Store.seeds)
    unreviewed_seeds = _blocking(aio.Store.unreviewed_seeds)
    find_seed_named = _blocking(aio.Store.find_seed_named)
    accept_seed = _blocking(aio.Store.accept_seed)
    merge_seed = _blocking(aio.Store.merge_seed)
    import_inference = _blocking(aio.Store.import_inference)
    import_inferences = _blocking(aio.Store.import_inferences)
    inference = _blocking(aio.Store.inference)
    inference_of = _blocking(aio.Store.inference_of)
    show_inference = _blocking(aio.Store.show_inference)
    record_feedback = _blocking(aio.Store.record_feedback)
    reopen_inference = _blocking(aio.Store.reopen_inference)
    verdicts = _blocking(aio.Store.verdicts)
    import_pipelines = _blocking(aio.Store.import_pipelines)
    pipelines = _blocking(aio.Store.pipelines)
    endpoints = _blocking(aio.Store.endpoints)
    choose_pipeline = _blocking(aio.Store.choose_pipeline)
    retire_pipeline = _blocking(aio.Store.retire_pipeline)
    unknown_models = _blocking(aio.Store.unknown_models)
    recognise_models = _blocking(aio.Store.recognise_models)
    evaluation = _blocking(aio.Store.evaluation)
    training = _blocking(aio.Store.training)
    review = _blocking(aio.Store.review)
    share = _blocking(aio.Store.share)
    unshare = _blocking(aio.Store.unshare)
    publish = _blocking(aio.Store.publish)
    share_personal_data = _blocking(aio.Store.share_personal_data)
    containers = _blocking(aio.Store.containers)
    audit = _blocking(aio.Store.audit)
    seal_history = _blocking(aio.Store.seal_history)
    verify_history = _blocking(aio.Store.verify_history)
    sweep = _blocking(aio.Store.sweep)
    rotate_key_encryption_key = _blocking(aio.Store.rotate_key_encryption_key)
    take_over_containers = _blocking(aio.Store.take_over_containers)
    instance = _blocking(aio.Store.instance)
    new_instance = _blocking(aio.Store.new_instance)
    keys = _blocking(aio.Store.keys)
    issue_key = _blocking(aio.Store.issue_key)
    renew_keys = _blocking(aio.Store.renew_keys)
    rotate_keys = _blocking(aio.Store.rotate_keys)
    revoke_keys = _blocking(aio.Store.revoke_keys)
    revoke_all_keys = _blocking(aio.Store.revoke_all_keys)
    link = _blocking(aio.Store.link)
    upload_link = _blocking(aio.Store.upload_link)
    confirm_upload = _blocking(aio.Store.confirm_upload)
    links = _blocking(aio.Store.links)
    revoke_links = _blocking(aio.Store.revoke_links)
