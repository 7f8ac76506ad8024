"""The address of the database."""

from __future__ import annotations

import re
from dataclasses import dataclass

from datastore_db.errors import DatastoreError

DATABASE = "DATASTORE_DB_URL"


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseUrl:
    """A libpq URL or connection string, whose password no repr and no message shows."""

    text: str

    def __repr__(self) -> str:
        return "DatabaseUrl(…)"

    def check(self) -> None:
        """Raise `DatastoreError`, which shows nothing of it, where libpq would not read it as it was meant."""
        if not self.is_readable:
            raise DatastoreError(
                f"{DATABASE} is no address of a database: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE. "
                "What is none of A-Z a-z 0-9 - . _ ~ in a password or a name is written as %XX, such as %40 for @"
            )

    @property
    def is_readable(self) -> bool:
        """Whether libpq reads it, and takes no part of the password for a host, a port or a database."""
        parameters = None if "\0" in self.text else self._read()
        if parameters is None or re.fullmatch(r"[\d,]*", parameters.get("port", "")) is None:
            return False
        is_url, _, rest = self.text.strip().partition("://")
        credentials, at, place = rest.partition("?")[0].partition("@")
        if is_url not in ("postgresql", "postgres") or not at:
            return True
        return "/" not in credentials and "@" not in place

    @property
    def parameters(self) -> dict[str, str]:
        """The parts that libpq reads: host, port, dbname, user, password and so on. Empty if it cannot read it."""
        return self._read() or {}

    def _read(self) -> dict[str, str] | None:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        try:
            return {name: str(value) for name, value in conninfo_to_dict(self.text).items() if value is not None}
        except (psycopg.Error, UnicodeError):
            return None
