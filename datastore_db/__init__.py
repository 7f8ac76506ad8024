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

from datastore_db.blocking import Store, connect
from datastore_db.errors import (
    BrokenPicture,
    Conflict,
    DatastoreError,
    InvalidDocument,
    NotAllowed,
    NotAPicture,
    NotFound,
    Unreachable,
)
from datastore_db.upload import NewPicture, UploadReport

__all__ = [
    "BrokenPicture",
    "Conflict",
    "DatastoreError",
    "InvalidDocument",
    "NewPicture",
    "NotAPicture",
    "NotAllowed",
    "NotFound",
    "Store",
    "Unreachable",
    "UploadReport",
    "connect",
]
