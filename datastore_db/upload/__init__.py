"""From files to stored pictures: read and inspect, announce, put into storage, confirm."""

from datastore_db.upload.folder import upload_folder
from datastore_db.upload.pictures import NewPicture, UploadedPicture, upload_pictures
from datastore_db.upload.report import FileResult, Progress, UploadReport

__all__ = [
    "FileResult",
    "NewPicture",
    "Progress",
    "UploadReport",
    "UploadedPicture",
    "upload_folder",
    "upload_pictures",
]
