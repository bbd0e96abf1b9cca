"""Where files lie: the one door to the disk, or to storage that speaks S3."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from shop.kernel.db import outside_transaction
from shop.kernel.errors import NotFound


class FileMissing(NotFound):
    """Nothing lies under this name."""

    code = "media.file_missing"


@dataclass(frozen=True, slots=True)
class Lying:
    """One file on the storage: its name and when it was put there."""

    name: str
    since: datetime


class Storage(Protocol):
    """What the house asks of any place for files; names are relative, with slashes."""

    is_near: bool
    """Whether looking at every file costs little."""

    def put(self, name: str, content: bytes) -> None:
        """Keep a file whole or not at all; the same name again is the same content."""

    def get(self, name: str) -> bytes:
        """Return a file. Raises FileMissing."""

    def has(self, name: str) -> bool:
        """Say whether a file is there."""

    def remove(self, names: Iterable[str]) -> None:
        """Take files away; one that is not there is no fault."""

    def lying(self, below: str) -> Iterator[Lying]:
        """Yield the files below a folder."""

    def path_of(self, name: str) -> Path | None:
        """Return the file on this machine's disk, or None where storage is elsewhere."""


class Folder:
    """Files on this machine's disk."""

    is_near = True

    def __init__(self, folder: Path) -> None:
        """Keep everything below ``folder``, which is made when the first file comes."""
        self.folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Keep a file whole or not at all."""
        outside_transaction()
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place and moved there whole: a reader or a backup never sees half.
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def get(self, name: str) -> bytes:
        """Return a file. Raises FileMissing."""
        outside_transaction()
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError as missing:
            raise FileMissing(name=name) from missing

    def has(self, name: str) -> bool:
        """Say whether a file is there."""
        return (self.folder / name).is_file()

    def remove(self, names: Iterable[str]) -> None:
        """Take files away."""
        outside_transaction()
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def lying(self, below: str) -> Iterator[Lying]:
        """Yield the files below a folder."""
        for folder, _, files in os.walk(self.folder / below):
            for file in files:
                path = Path(folder) / file
                try:
                    since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                except FileNotFoundError:  # taken away while we looked
                    continue
                yield Lying(path.relative_to(self.folder).as_posix(), since)

    def path_of(self, name: str) -> Path | None:
        """Return where the file lies."""
        return self.folder / name


_installed: list[Storage] = []


def install(storage: Storage) -> None:
    """Say where the files of this application lie."""
    _installed[:] = [storage]


def storage() -> Storage:
    """Return where files lie."""
    return _installed[0]
