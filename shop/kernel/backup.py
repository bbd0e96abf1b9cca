"""One file that holds database and media, made while selling goes on, and its way back."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from shop.kernel.db import db, sqlite_module

MANIFEST = "manifest.json"
SQLITE_PART = "database.sqlite3"
POSTGRES_PART = "database.dump"


class BackupRefused(RuntimeError):
    """Why a backup could not be made or brought back, in one sentence."""


def backup(file: Path, *, media: Path, now: datetime, fleeting: str = "originals") -> str:
    """Write database and media into ``file`` and return a sentence about it.

    The database is copied as of one moment after the call: nothing acknowledged before is missing.
    Media are kept by content and taken away long after their rows, so copying them afterwards
    holds at least every picture that the database knows. The file appears whole or not at all.

    fleeting    the folder below media whose files go as soon as they are worked on; it is copied
                before the database too, so that what waited when the backup began is in it.

    Raises BackupRefused when the file exists or a tool is missing.
    """
    if file.exists():
        message = f"{file} exists already; a backup never writes over another one."
        raise BackupRefused(message)
    with tempfile.TemporaryDirectory(dir=file.absolute().parent) as folder:
        early = Path(folder) / "early"
        _copy_what_is_there(media / fleeting, early / fleeting)
        part = _copy_database(Path(folder))
        _copy_what_is_there(media / fleeting, early / fleeting)
        pictures = {
            path.relative_to(root).as_posix(): path
            for root in (early, media)
            for path in sorted(root.rglob("*"))
            if path.is_file() and (root is early or not path.is_relative_to(media / fleeting))
        }
        manifest = {
            "made_at": now.isoformat(),
            "database": part.name,
            "sha256": _digest(part),
            "pictures": len(pictures),
        }
        unfinished = Path(folder) / "unfinished.tar.gz"
        with tarfile.open(unfinished, "w:gz", compresslevel=3) as archive:
            text = json.dumps(manifest, indent=1).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
            archive.add(part, part.name)
            for name, picture in pictures.items():
                # Taken down a day ago and tidied away just now: no row names it any more.
                with contextlib.suppress(FileNotFoundError):
                    archive.add(picture, f"media/{name}")
        unfinished.replace(file)
    size = file.stat().st_size / 1_000_000
    return f"{file} holds the database and {len(pictures)} picture files ({size:.1f} MB)."


def restore(file: Path, *, media: Path) -> str:
    """Bring a backup into an empty database and media folder and return a sentence about it.

    Raises BackupRefused when the place is not empty, the file is damaged or of the other engine.
    """
    with tempfile.TemporaryDirectory() as folder:
        manifest = _unpack(file, Path(folder))
        part = Path(folder) / str(manifest["database"])
        if _digest(part) != manifest["sha256"]:
            message = f"{file} is damaged: the database in it does not match its own digest."
            raise BackupRefused(message)
        _bring_back(part)
        if (Path(folder) / "media").is_dir():
            shutil.copytree(Path(folder) / "media", media, dirs_exist_ok=True)
    made_at, pictures = manifest["made_at"], manifest["pictures"]
    return f"Brought back what stood on {made_at}: {pictures} picture files."


def _copy_what_is_there(source: Path, target: Path) -> None:
    """Copy the files of one folder; what goes away meanwhile has been worked on."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir() if source.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(file, target / file.name)


def _copy_database(folder: Path) -> Path:
    url = db.engine.url
    if db.engine.dialect.name == "sqlite":
        target = folder / SQLITE_PART
        source = sqlite_module().connect(str(url.database))
        copy = sqlite_module().connect(str(target))
        try:
            source.backup(copy, pages=-1)  # one step: one moment, whatever is sold meanwhile
        finally:
            copy.close()
            source.close()
        return target
    target = folder / POSTGRES_PART
    _run("pg_dump", "--format=custom", f"--file={target}", _libpq(url))
    return target


def _bring_back(part: Path) -> None:
    url = db.engine.url
    is_sqlite = db.engine.dialect.name == "sqlite"
    if is_sqlite != (part.name == SQLITE_PART):
        message = "This backup was made on the other database engine; restore it there."
        raise BackupRefused(message)
    if is_sqlite:
        place = Path(str(url.database))
        if place.exists() and place.stat().st_size:
            message = f"{place} exists already: restore into an empty folder (SHOP_DATA)."
            raise BackupRefused(message)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(part, place)
        return
    if sa.inspect(db.engine).get_table_names():
        message = f"The database {url.database} is not empty: restore into an empty one."
        raise BackupRefused(message)
    _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_libpq(url)}", str(part))


def _unpack(file: Path, folder: Path) -> dict[str, object]:
    try:
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, object] = json.loads((folder / MANIFEST).read_text())
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError) as error:
        message = f"{file} is not a whole backup: {error}"
        raise BackupRefused(message) from error
    return manifest


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _libpq(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _run(*command: str) -> None:
    tool = shutil.which(command[0])
    if tool is None:
        message = f"{command[0]} is missing: install PostgreSQL's client programs."
        raise BackupRefused(message)
    done = subprocess.run([tool, *command[1:]], capture_output=True, text=True, check=False)  # noqa: S603 - our own words, found on the path
    if done.returncode:
        message = f"{command[0]} failed: {done.stderr.strip()[-500:]}"
        raise BackupRefused(message)
