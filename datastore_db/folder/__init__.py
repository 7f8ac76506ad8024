"""Reads a folder of pictures with YAML or JSON beside them: from a directory, a zip, or pairs of path and stream.

It knows nothing of the database, and does not judge what the documents say: for that it gives the place of each value.
"""

from .folder import Folder, FolderPicture, FolderPictureSet, open_folder
from .problems import DocumentProblem, FolderError, FolderProblem, NotProcessed, Place, Problem
from .sources import Source
from .tree import Places

__all__ = [
    "DocumentProblem",
    "Folder",
    "FolderError",
    "FolderPicture",
    "FolderPictureSet",
    "FolderProblem",
    "NotProcessed",
    "Place",
    "Places",
    "Problem",
    "Source",
    "open_folder",
]
