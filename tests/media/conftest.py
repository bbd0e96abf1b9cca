from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from shop.media.gateway import Folder, storage


@pytest.fixture
def shelf(app: Flask) -> Path:
    """The folder in which the files of this test lie."""
    place = storage()
    assert isinstance(place, Folder)
    return place.folder
