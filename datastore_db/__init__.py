"""Pictures and their JSON in PostgreSQL and Azure Blob Storage.

```python
from datastore_db import connect

with connect() as store:
    user = store.register_user("ana@example.org")
    with store.acting_as(user["user_id"]):
        report = store.upload_folder("barley-2024")
        folders = store.folders()
```

`datastore_db.aio.connect` gives the same store for async code.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from datastore_db.errors import (
    BlobsRemain,
    BrokenPicture,
    CannotSign,
    Conflict,
    DatastoreError,
    InvalidDocument,
    NotAllowed,
    NotAPicture,
    NotFound,
    NotReady,
    PictureChanged,
    TookTooLong,
    Unreachable,
)

if TYPE_CHECKING:
    from datastore_db.blocking import Store, connect
    from datastore_db.upload import NewPicture, UploadReport

# Imported when first asked for: the keeper of the local servers and the command line need none of it to start.
_LATER = {"Store": "blocking", "connect": "blocking", "NewPicture": "upload", "UploadReport": "upload"}

__all__ = [
    "BlobsRemain",
    "BrokenPicture",
    "CannotSign",
    "Conflict",
    "DatastoreError",
    "InvalidDocument",
    "NewPicture",
    "NotAPicture",
    "NotAllowed",
    "NotFound",
    "NotReady",
    "PictureChanged",
    "Store",
    "TookTooLong",
    "Unreachable",
    "UploadReport",
    "connect",
]


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
