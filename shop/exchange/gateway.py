"""Where uploads lie while they are looked at: a folder for each, gone after seven days."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shop.exchange.files.reading import MEGABYTE, FileRefused
from shop.kernel.db import outside_transaction

_CATALOG = "catalog"
_PICTURES = "pictures.zip"
_STAGE = "stage.sqlite3"
_place: dict[str, Path] = {}


def install(folder: Path) -> None:
    """Say where uploads lie; called once by the application. Web and worker share the folder."""
    _place["folder"] = folder


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one upload."""

    folder: Path

    @property
    def catalog(self) -> Path:
        """Return the file of rows."""
        return self.folder / _CATALOG

    @property
    def pictures(self) -> Path | None:
        """Return the ZIP of pictures, if one came along."""
        file = self.folder / _PICTURES
        return file if file.is_file() else None

    @property
    def stage(self) -> Path:
        """Return the scratch book."""
        return self.folder / _STAGE

    @property
    def is_there(self) -> bool:
        """Say whether the upload still lies here."""
        return self.catalog.is_file()


def place_of(public_id: str) -> Place:
    """Return where one upload lies, whether it still does or not."""
    return Place(_place["folder"] / public_id)


def keep(
    public_id: str, catalog: IO[bytes], pictures: IO[bytes] | None, *, most: tuple[int, int]
) -> None:
    """Keep what somebody sent, the catalog and perhaps its pictures; both or neither.

    most    bytes of each that are accepted.

    Raises FileRefused.
    """
    outside_transaction()
    place = place_of(public_id)
    place.folder.mkdir(parents=True)
    try:
        _copy(catalog, place.catalog, most[0], "too_large")
        if pictures is not None:
            _copy(pictures, place.folder / _PICTURES, most[1], "pictures_too_large")
    except BaseException:
        remove(public_id)
        raise


def _copy(source: IO[bytes], target: Path, most: int, refusal: str) -> None:
    left = most
    with target.open("wb") as out:
        while block := source.read(MEGABYTE):
            left -= len(block)
            if left < 0:
                raise FileRefused(refusal, megabytes=most // MEGABYTE)
            out.write(block)


def remove(public_id: str) -> None:
    """Take an upload away with all that was made of it; safe to repeat."""
    shutil.rmtree(place_of(public_id).folder, ignore_errors=True)


def lying() -> list[str]:
    """Return the names of all uploads that lie here."""
    folder = _place["folder"]
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
