"""Pydantic models of the documents: the mirrors of sql/documents, one module for each."""

from datastore_db.models.box import Corners
from datastore_db.models.client_data import ClientData
from datastore_db.models.document import Document, Section
from datastore_db.models.feedback import Feedback, FeedbackBox
from datastore_db.models.inference import Guess, Inference, InferenceBox, ModelReference
from datastore_db.models.picture import ClientFeedback, Picture, SeedReference, UserData
from datastore_db.models.picture_set import PictureSet
from datastore_db.models.pipelines import Model, ModelInFile, Pipeline, Pipelines, PipelinesInFile, Sealed

__all__ = [
    "ClientData",
    "ClientFeedback",
    "Corners",
    "Document",
    "Feedback",
    "FeedbackBox",
    "Guess",
    "Inference",
    "InferenceBox",
    "Model",
    "ModelInFile",
    "ModelReference",
    "Picture",
    "PictureSet",
    "Pipeline",
    "Pipelines",
    "PipelinesInFile",
    "Sealed",
    "Section",
    "SeedReference",
    "UserData",
]
