"""The photographer: a section that picture sets and pictures share."""

from __future__ import annotations

from datastore_db.models.document import Section
from datastore_db.models.values import Email


class ClientData(Section):
    """Section `client_data`."""

    client_email: Email | None = None
    client_expertise: str | None = None
