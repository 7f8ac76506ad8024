"""Pydantic models of the documents: the mirrors of sql/documents, one module for each."""

from datastore_db.models.client_data import ClientData
from datastore_db.models.document import Document, Section
from datastore_db.models.picture import ClientFeedback, Picture, SeedReference, UserData
from datastore_db.models.picture_set import PictureSet

__all__ = [
    "ClientData",
    "ClientFeedback",
    "Document",
    "Picture",
    "PictureSet",
    "Section",
    "SeedReference",
    "UserData",
]
