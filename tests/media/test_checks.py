"""The proof finds a copy that is gone, a file that nobody names and a picture that waits."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from shop.kernel.access import SYSTEM
from shop.kernel.clock import utc_now
from shop.media import checks, services
from shop.media import queries as pictures
from shop.media.gateway import storage
from shop.media.rules import NewPicture, Subject, Words
from tests.builders.media import a_picture, sent


def findings() -> list[tuple[str, str]]:
    return [(one.code, one.subject) for check in checks.CHECKS for one in check.run()]


def hang(at, **how) -> None:
    with services.taken_in([sent(a_picture(**how))]) as (original,):
        services.hang(
            subject=Subject.WORKSHOP,
            subject_id=7,
            station_id=None,
            picture=NewPicture(original, Words(alt="工坊", alt_en="The workshop")),
            actor=SYSTEM,
            now=at,
        )


def three_hours_old(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_bytes(b"left behind")
    then = (utc_now() - timedelta(hours=3)).timestamp()
    os.utime(file, (then, then))


@pytest.fixture
def hung(shelf):
    """One picture ready, whose copies look hours old, and one that has just come."""
    hang(utc_now())
    services.make_next(now=utc_now())
    hang(utc_now(), size=(41, 30))
    for file in (shelf / "public").rglob("*"):
        if file.is_file():
            three_hours_old(file)
    return pictures.shown_of(Subject.WORKSHOP, 7)[0]


def test_all_is_well_with_a_picture_ready_and_one_on_its_way(hung):
    assert findings() == []


def test_a_copy_that_is_gone_is_found(hung, shelf):
    (shelf / f"public/{hung.digest[:2]}/{hung.digest}-320.avif").unlink()

    assert findings() == [("M1", "picture:1")]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("originals/stray", id="an original of nobody"),
        pytest.param(f"public/ab/{'ab' * 16}-320.webp", id="a copy of nobody"),
        pytest.param("public/{start}/{digest}-321.webp", id="a copy of a width nobody has"),
        pytest.param("public/{start}/{digest}-320.html", id="another kind of file"),
    ],
)
def test_a_file_that_no_picture_names_is_found_once_it_is_old(hung, shelf, name):
    name = name.format(start=hung.digest[:2], digest=hung.digest)
    stray = shelf / name
    stray.write_bytes(b"just now") if stray.parent.is_dir() else None
    assert findings() == []

    three_hours_old(stray)

    assert findings() == [("M3", f"file:{name}")]


def test_a_picture_that_waits_for_over_an_hour_is_found(shelf):
    hang(utc_now() - timedelta(days=3))
    assert findings() == []  # told of another day, but it came just now

    for original in (shelf / "originals").iterdir():
        three_hours_old(original)

    assert findings() == [("M2", "picture:1")]


def test_far_away_only_the_newest_are_looked_at(hung, shelf, monkeypatch):
    monkeypatch.setattr(storage(), "is_near", False, raising=False)
    monkeypatch.setattr(checks, "MOST_PICTURES_FAR", 0)
    monkeypatch.setattr(checks, "MOST_FILES_FAR", 0)
    (shelf / f"public/{hung.digest[:2]}/{hung.digest}-320.avif").unlink()
    three_hours_old(shelf / "originals/stray")

    assert findings() == []
