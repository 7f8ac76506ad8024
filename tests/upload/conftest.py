"""The example folder, uploaded."""

from __future__ import annotations

import pytest

from datastore_db import Store, UploadReport
from tests.support.pictures import EXAMPLE


@pytest.fixture
def report(acting: Store) -> UploadReport:
    """The example folder, uploaded."""
    return acting.upload_folder(EXAMPLE)
