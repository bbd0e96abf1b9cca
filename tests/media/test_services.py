"""Pictures from the phone to the window and out again."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.events import history
from shop.media import queries, services
from shop.media.darkroom import door
from shop.media.models import Picture
from shop.media.rules import (
    MOST_OF,
    NewPicture,
    NotAPicture,
    PictureGone,
    PictureState,
    Place,
    Subject,
    TooManyPictures,
    Words,
    WordsMissing,
)
from tests.builders.media import a_noisy_picture, a_picture, sent

SAID = Words(alt="一双凉鞋", alt_en="A pair of sandals", focus="31")


def files_in(shelf: Path) -> list[str]:
    return sorted(p.relative_to(shelf).as_posix() for p in shelf.rglob("*") if p.is_file())


def hang(now, *files, subject=Subject.WORKSHOP, subject_id=7, words=SAID) -> list[int]:
    with services.taken_in(files) as originals:
        return [
            services.hang(
                subject=subject,
                subject_id=subject_id,
                station_id=None,
                picture=NewPicture(original, words),
                actor=SYSTEM,
                now=now,
            )
            for original in originals
        ]


def at_desk(subject_id=7):
    return queries.at_desk(Subject.WORKSHOP, subject_id)


def shown(subject_id=7):
    return queries.shown_of(Subject.WORKSHOP, subject_id)


def test_a_picture_waits_is_made_and_is_shown_with_its_words(app, shelf, noon):
    hang(noon, sent(a_picture(size=(700, 500))))
    assert [one.state for one in at_desk()] == [PictureState.WAITING]
    assert shown() == ()
    assert [name.split("/")[0] for name in files_in(shelf)] == ["originals"]

    assert services.make_next(now=noon)

    (picture,) = shown()
    assert (picture.width, picture.height) == (700, 500)
    assert (picture.alt, picture.alt_en, picture.focus) == ("一双凉鞋", "A pair of sandals", "31")
    assert files_in(shelf) == sorted(
        f"public/{picture.digest[:2]}/{picture.digest}-{width}.{form}"
        for width in (320, 640, 700)
        for form in ("avif", "webp", "jpg")
    )
    assert not services.make_next(now=noon)
    assert [row.kind for row in history("picture:1")] == ["PictureReady"]


def test_without_words_buyers_see_nothing(app, shelf, noon):
    hang(noon, sent(), words=Words())
    services.make_next(now=noon)
    (waiting,) = at_desk()
    assert waiting.state is PictureState.READY
    assert not waiting.is_public
    assert shown() == ()

    for missing in (Words(alt="凉鞋"), Words(alt_en="Sandals"), Words(alt=" ", alt_en="Sandals")):
        with pytest.raises(WordsMissing):
            services.describe(
                subject=Subject.WORKSHOP,
                subject_id=7,
                picture=waiting.public_id,
                words=missing,
                now=noon,
            )
    assert shown() == ()

    services.describe(
        subject=Subject.WORKSHOP, subject_id=7, picture=waiting.public_id, words=SAID, now=noon
    )
    assert [picture.alt for picture in shown()] == ["一双凉鞋"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param([sent(b"<svg onload=alert(1)>")], id="one that is none"),
        pytest.param([sent(), sent(b"hello")], id="the second is none"),
    ],
)
def test_what_is_refused_leaves_nothing(app, shelf, noon, files):
    with pytest.raises(NotAPicture):
        hang(noon, *files)

    assert files_in(shelf) == []
    assert at_desk() == ()


def test_what_no_row_took_is_dropped(app, shelf, noon):
    with pytest.raises(ZeroDivisionError), services.taken_in([sent()]):
        assert len(files_in(shelf)) == 1
        _ = 1 / 0

    assert files_in(shelf) == []


def test_the_same_file_sent_twice_is_one_picture(app, shelf, noon):
    first = hang(noon, sent())
    second = hang(noon, sent())
    elsewhere = hang(noon, sent(), subject_id=8)

    assert first == second
    assert elsewhere != first
    assert len(files_in(shelf)) == 2


def test_two_subjects_never_share_files(app, shelf, noon):
    hang(noon, sent())
    hang(noon, sent(), subject_id=8)
    while services.make_next(now=noon):
        pass
    (one,), (other,) = shown(7), shown(8)
    assert one.digest != other.digest

    services.take_down(subject=Subject.WORKSHOP, subject_id=7, picture=one.public_id, now=noon)
    services.tidy(now=noon + timedelta(days=2))

    assert {name.split("/")[2][:32] for name in files_in(shelf)} == {other.digest}


def test_one_more_than_there_may_be_is_refused(app, shelf, noon):
    most = MOST_OF[Subject.MEMBER]
    for number in range(most):
        hang(
            noon,
            sent(a_picture(size=(40 + number, 30))),
            subject=Subject.MEMBER,
        )
    with pytest.raises(TooManyPictures):
        hang(noon, sent(), subject=Subject.MEMBER)

    assert len(files_in(shelf)) == most


def test_a_picture_that_cannot_be_made_is_refused_with_its_reason(app, shelf, noon):
    data = a_noisy_picture("PNG")
    broken = data[:200] + bytes(100) + data[300:]
    hang(noon, sent(broken))

    assert services.make_next(now=noon)

    (picture,) = at_desk()
    assert (picture.state, picture.reason) == (PictureState.REFUSED, "media.damaged")
    assert files_in(shelf) == []
    assert shown() == ()


def test_a_darkroom_that_fails_is_asked_three_times(app, shelf, noon, monkeypatch):
    hang(noon, sent())
    monkeypatch.setattr(door.sys, "executable", "/bin/false")
    for number in range(3):
        at = noon + number * services.PAUSE
        assert services.make_next(now=at)
        assert not services.make_next(now=at)

    assert [one.reason for one in at_desk()] == ["media.not_made"]
    assert files_in(shelf) == []


def test_a_killed_workers_picture_comes_back(app, shelf, noon):
    hang(noon, sent())
    assert services._claim(noon) is not None
    assert services._claim(noon) is None

    assert services.make_next(now=noon + services.LEASE)
    assert len(shown()) == 1


def test_a_picture_whose_original_is_gone_says_so(app, shelf, noon):
    hang(noon, sent())
    (shelf / files_in(shelf)[0]).unlink()

    services.make_next(now=noon)

    assert [one.reason for one in at_desk()] == ["media.original_lost"]


def test_a_picture_taken_down_while_it_is_made_leaves_nothing(app, shelf, noon, monkeypatch):
    hang(noon, sent())
    (picture,) = at_desk()
    real = services.developed

    def taken_down_meanwhile(data, *, kind):
        made = real(data, kind=kind)
        services.take_down(
            subject=Subject.WORKSHOP, subject_id=7, picture=picture.public_id, now=noon
        )
        return made

    monkeypatch.setattr(services, "developed", taken_down_meanwhile)
    services.make_next(now=noon)

    assert files_in(shelf) == []
    assert at_desk() == ()


def test_a_picture_taken_down_is_gone_at_once_and_its_files_a_day_later(app, shelf, noon):
    hang(noon, sent())
    services.make_next(now=noon)
    (picture,) = shown()

    services.take_down(subject=Subject.WORKSHOP, subject_id=7, picture=picture.public_id, now=noon)

    assert shown() == ()
    services.tidy(now=noon + timedelta(hours=23))
    assert len(files_in(shelf)) > 0
    assert services.tidy(now=noon + timedelta(hours=25)) == 1
    assert files_in(shelf) == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Picture)) == 0


def test_tidying_lets_an_original_go_that_no_row_names(app, shelf, noon):
    hang(noon, sent())
    (waiting,) = files_in(shelf)
    stray = shelf / "originals/stray"
    stray.write_bytes(b"left behind")
    an_hour_ago = (noon - timedelta(hours=1)).timestamp()
    os.utime(stray, (an_hour_ago, an_hour_ago))
    os.utime(shelf / waiting, (an_hour_ago, an_hour_ago))

    services.tidy(now=noon)

    assert files_in(shelf) == [waiting]


def test_order_is_changed_step_by_step_and_the_first_is_the_cover(app, shelf, noon):
    for width in (41, 42, 43):
        hang(noon, sent(a_picture(size=(width, 30))))
    while services.make_next(now=noon):
        pass
    names = {one.width: one.public_id for one in shown()}

    def order_after(width, to):
        services.move(subject=Subject.WORKSHOP, subject_id=7, picture=names[width], to=to, now=noon)
        return [one.width for one in shown()]

    assert order_after(43, Place.FIRST) == [43, 41, 42]
    assert order_after(43, Place.LATER) == [41, 43, 42]
    assert order_after(42, Place.EARLIER) == [41, 42, 43]
    assert order_after(41, Place.EARLIER) == [41, 42, 43]
    assert order_after(43, Place.LATER) == [41, 42, 43]
    assert queries.covers(Subject.WORKSHOP, [7, 8])[7].width == 41


def test_nobody_changes_a_picture_through_another_subject(app, shelf, noon):
    hang(noon, sent())
    (picture,) = at_desk()
    other = {"subject": Subject.WORKSHOP, "subject_id": 8, "picture": picture.public_id}

    for act in (
        lambda: services.describe(**other, words=SAID, now=noon),
        lambda: services.move(**other, to=Place.FIRST, now=noon),
        lambda: services.take_down(**other, now=noon),
    ):
        with pytest.raises(PictureGone):
            act()
    assert len(at_desk()) == 1
