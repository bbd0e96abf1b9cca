"""The ZIP of pictures that comes with a catalog: looked at before it is believed."""

from __future__ import annotations

import hashlib
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from shop.exchange.files.reading import MEGABYTE, FileRefused
from shop.exchange.rules import MOST_PICTURE_FILE_BYTES
from shop.media.rules import MOST_BYTES

MOST_ENTRIES = 20_000
MOST_UNPACKED_BYTES = 1024**3
# Photographs are packed already: what shrinks further than this is no photograph.
MOST_RATIO = 200
_LITTER = {"thumbs.db", "desktop.ini", ".ds_store"}
_UTF8_NAME = 0x800
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError)


class PictureProblem(ValueError):
    """A named picture cannot be had from the ZIP; the argument is a code of ``REASONS``."""


class PictureFile:
    """The plain files of a ZIP by their names, whatever folders they lie in."""

    def __init__(self, package: zipfile.ZipFile | None) -> None:
        """Look through the table of contents; nothing is unpacked.

        Raises FileRefused for links, names that lead out of the ZIP, passwords, sizes beyond
        what any workshop photographs.
        """
        self._package = package
        self._entries: dict[str, list[zipfile.ZipInfo]] = {}
        entries = package.infolist() if package else []
        if len(entries) > MOST_ENTRIES:
            raise FileRefused("too_many_pictures", most=f"{MOST_ENTRIES:,}")
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
            raise FileRefused("pictures_too_large", megabytes=MOST_UNPACKED_BYTES // MEGABYTE)
        for entry in entries:
            name = _name_of(entry)
            _refuse_unsafe(entry, name)
            path = PurePosixPath(name)
            if entry.is_dir() or "__MACOSX" in path.parts or path.name.casefold() in _LITTER:
                continue
            self._entries.setdefault(_plain(path.name), []).append(entry)

    def read(self, name: str) -> bytes:
        """Return the bytes of one named picture, never more than a picture may have.

        Raises PictureProblem: not there, there twice, too large, not to be read.
        """
        found = self._entries.get(_plain(PurePosixPath(name.replace("\\", "/")).name), [])
        if not found or self._package is None:
            raise PictureProblem("no_such_picture")
        if len(found) > 1:
            raise PictureProblem("picture_twice")
        try:
            with self._package.open(found[0]) as stream:
                # What the table of contents says of the size is not believed.
                data = stream.read(MOST_BYTES + 1)
        except _BROKEN as error:
            raise PictureProblem("picture_damaged") from error
        if len(data) > MOST_BYTES:
            raise PictureProblem("picture_too_large")
        return data


@contextmanager
def open_pictures(file: Path | None) -> Iterator[PictureFile]:
    """Open the ZIP that came with a catalog; without one every picture is missing.

    Raises FileRefused.
    """
    if file is None:
        yield PictureFile(None)
        return
    if file.stat().st_size > MOST_PICTURE_FILE_BYTES:
        raise FileRefused("pictures_too_large", megabytes=MOST_PICTURE_FILE_BYTES // MEGABYTE)
    try:
        package = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise FileRefused("broken_pictures") from error
    with package:
        yield PictureFile(package)


def source_digest(data: bytes) -> str:
    """Return the name of a picture's bytes as they were sent."""
    return hashlib.sha256(data).hexdigest()


def _refuse_unsafe(entry: zipfile.ZipInfo, name: str) -> None:
    path = PurePosixPath(name)
    mode = entry.external_attr >> 16
    # Nothing is ever unpacked to a path; a ZIP that tries it anyway is not believed in the rest.
    is_astray = path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name
    is_special = stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}
    is_locked = bool(entry.flag_bits & 0x1)
    is_bomb = entry.file_size > MEGABYTE and entry.file_size > MOST_RATIO * entry.compress_size
    if is_astray or is_special or is_locked or is_bomb:
        raise FileRefused("unsafe_pictures", name=name[:100])


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; Chinese Windows writes GBK where the standard says cp437."""
    name = entry.orig_filename if isinstance(entry.orig_filename, str) else entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
