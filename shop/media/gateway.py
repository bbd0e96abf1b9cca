"""Where files lie: the one door to the disk, or to storage that speaks S3."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from shop.kernel.db import outside_transaction
from shop.kernel.errors import NotFound, ShopError

PATIENCE_SECONDS = 10
TRIES = 3


class FileMissing(NotFound):
    """Nothing lies under this name."""

    code = "media.file_missing"


class StorageAway(ShopError):
    """The storage does not answer just now; nothing is lost, and later it may go well."""

    code = "media.storage_away"
    status = 503


class NoS3Library(RuntimeError):
    """The settings ask for S3, and the library that speaks it is not installed."""


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


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """Where a bucket is and how one gets in; empty words leave it to the library's own settings."""

    bucket: str
    endpoint: str = ""
    region: str = ""
    key_id: str = ""
    secret: str = ""
    prefix: str = ""


class Bucket:
    """Files in a bucket of storage that speaks S3. It stays private: pages send what lies there."""

    is_near = False

    def __init__(self, place: BucketPlace) -> None:
        """Get ready to speak; nothing is asked before the first file.

        Raises NoS3Library.
        """
        try:
            import boto3  # noqa: PLC0415 - an extra: not always there
            from botocore.config import Config  # noqa: PLC0415 - the same
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the same
        except ImportError as missing:
            raise NoS3Library from missing
        self._bucket = place.bucket
        self._prefix = f"{place.prefix.strip('/')}/" if place.prefix.strip("/") else ""
        self._faults = (BotoCoreError, ClientError)
        # Shared by every thread: the library's clients may be, its sessions may not.
        self._client: Any = boto3.session.Session().client(  # its methods are made at run time
            "s3",
            endpoint_url=place.endpoint or None,
            region_name=place.region or None,
            aws_access_key_id=place.key_id or None,
            aws_secret_access_key=place.secret or None,
            config=Config(
                connect_timeout=PATIENCE_SECONDS,
                read_timeout=PATIENCE_SECONDS,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                max_pool_connections=16,
                # Storage of other makers knows the old checksums only.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, name: str, content: bytes) -> None:
        """Keep a file whole or not at all."""
        with self._speaking():
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)

    def get(self, name: str) -> bytes:
        """Return a file. Raises FileMissing, StorageAway."""
        with self._speaking(name):
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            content: bytes = found["Body"].read()
            return content

    def has(self, name: str) -> bool:
        """Say whether a file is there."""
        try:
            with self._speaking(name):
                self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
        except FileMissing:
            return False
        return True

    def remove(self, names: Iterable[str]) -> None:
        """Take files away."""
        # One by one: what asks for many at once wants a checksum that not every maker knows.
        for name in names:
            with self._speaking():
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def lying(self, below: str) -> Iterator[Lying]:
        """Yield the files below a folder."""
        more: dict[str, str] = {}
        while True:
            with self._speaking():
                page = self._client.list_objects_v2(
                    Bucket=self._bucket, Prefix=f"{self._prefix}{below}/", **more
                )
            for one in page.get("Contents", []):
                yield Lying(one["Key"].removeprefix(self._prefix), one["LastModified"])
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def path_of(self, name: str) -> Path | None:  # noqa: ARG002 - every storage is asked so
        """Return nothing: the file is not on this machine."""
        return None

    @contextmanager
    def _speaking(self, name: str = "") -> Iterator[None]:
        outside_transaction()
        try:
            yield
        except self._faults as fault:
            told = getattr(fault, "response", {}).get("Error", {}).get("Code", "")
            if name and told in {"NoSuchKey", "404"}:
                raise FileMissing(name=name) from fault
            raise StorageAway from fault


def copy_all(source: Storage, target: Storage, *, folders: Iterable[str]) -> int:
    """Copy what one storage has and the other lacks; return how many files went. Safe to repeat."""
    copied = 0
    for folder in folders:
        for file in source.lying(folder):
            if not target.has(file.name):
                target.put(file.name, source.get(file.name))
                copied += 1
    return copied


_installed: list[Storage] = []


def install(storage: Storage) -> None:
    """Say where the files of this application lie."""
    _installed[:] = [storage]


def storage() -> Storage:
    """Return where files lie."""
    return _installed[0]
