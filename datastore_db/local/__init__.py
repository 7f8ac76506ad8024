"""PostgreSQL and Azurite (Microsoft's emulator of Blob Storage) on this machine, without any configuration.

```python
with start() as stack:
    psycopg.connect(stack.database_url)
    BlobServiceClient.from_connection_string(stack.storage_connection_string)
```

Every process that calls `start` with the same home shares the same two servers. A *keeper*, a process of its
own, starts them and stops them when the last user is gone, however that one went:

- `lease.py`: file locks; every user holds a shared one, which the kernel takes back when the user's process dies
- `home.py`: the folder, and the places of its files
- `stack.py`: what a user calls: coming in, and going out
- `keeper.py`: the process that owns the servers, and waits until it gets the lease for itself
- `servers.py`, `postgres.py`, `storage.py`: a server of ours, and the two that there are
- `install.py`: Azurite from npm, once
"""

from __future__ import annotations

from datastore_db.local.errors import LocalStackError
from datastore_db.local.stack import LocalStack, start

__all__ = ["LocalStack", "LocalStackError", "start"]
