from __future__ import annotations

import tarfile
import threading

import pytest
import sqlalchemy as sa

from shop.kernel import backup as backups
from shop.kernel import events
from shop.kernel.db import db


def beats() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(events.Heartbeat)) or 0


def on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def test_a_backup_holds_all_that_was_acknowledged_before_it_began(app, noon, tmp_path):
    media = tmp_path / "media"
    (media / "public").mkdir(parents=True)
    (media / "public/ab.webp").write_bytes(b"picture")
    (media / "originals").mkdir()
    (media / "originals/sent").write_bytes(b"waits for its copies")
    told: list[str] = []
    go_on = threading.Event()

    def sell() -> None:
        with app.app_context():
            number = 0
            while not go_on.is_set():
                events.beat(name=f"w{number}", now=noon)
                told.append(f"w{number}")
                number += 1
            db.session.remove()

    seller = threading.Thread(target=sell)
    seller.start()
    while len(told) < 20:
        go_on.wait(0.01)
    acknowledged = list(told)
    backups.backup(tmp_path / "b.tar.gz", media=media, now=noon)
    go_on.set()
    seller.join()

    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        archive.extractall(tmp_path / "out", filter="data")
    assert (tmp_path / "out/media/public/ab.webp").read_bytes() == b"picture"
    assert (tmp_path / "out/media/originals/sent").read_bytes() == b"waits for its copies"
    if on_sqlite():
        copy = sa.create_engine(f"sqlite:///{tmp_path / 'out/database.sqlite3'}")
        with copy.connect() as connection:
            kept = set(connection.execute(sa.text("SELECT name FROM heartbeats")).scalars())
        copy.dispose()
        assert set(acknowledged) <= kept
    else:
        assert (tmp_path / "out/database.dump").stat().st_size > 1000


def test_a_backup_never_writes_over_another(app, noon, tmp_path):
    file = tmp_path / "b.tar.gz"
    file.write_bytes(b"precious")
    with pytest.raises(backups.BackupRefused, match="exists already"):
        backups.backup(file, media=tmp_path / "none", now=noon)
    assert file.read_bytes() == b"precious"


def test_a_backup_is_never_brought_back_over_a_living_database(app, noon, tmp_path):
    events.beat(name="alive", now=noon)
    backups.backup(tmp_path / "b.tar.gz", media=tmp_path / "none", now=noon)
    with pytest.raises(backups.BackupRefused, match="empty"):
        backups.restore(tmp_path / "b.tar.gz", media=tmp_path / "media")
    assert beats() == 1


@pytest.mark.parametrize("damage", [b"", b"not an archive", None])
def test_a_damaged_backup_is_refused(app, noon, tmp_path, damage):
    file = tmp_path / "b.tar.gz"
    backups.backup(file, media=tmp_path / "none", now=noon)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(backups.BackupRefused, match="not a whole backup"):
        backups.restore(file, media=tmp_path / "media")


def test_what_waited_when_the_backup_began_is_in_it_though_it_is_worked_on_meanwhile(
    app, noon, tmp_path, monkeypatch
):
    waiting = tmp_path / "media/originals/sent"
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"waits for its copies")
    real = backups._copy_database

    def worked_on_meanwhile(folder):
        part = real(folder)
        waiting.unlink()
        return part

    monkeypatch.setattr(backups, "_copy_database", worked_on_meanwhile)
    backups.backup(tmp_path / "b.tar.gz", media=tmp_path / "media", now=noon)

    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        assert "media/originals/sent" in archive.getnames()
