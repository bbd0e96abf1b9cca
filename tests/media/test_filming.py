"""Short videos are made anew: upright, in one form, without a word of where they were taken."""

from __future__ import annotations

import random
from io import BytesIO

import av
import pytest

from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.media import queries as pictures
from shop.media import services
from shop.media.darkroom import filming
from shop.media.darkroom.door import developed
from shop.media.darkroom.filming import film
from shop.media.darkroom.heads import Head, head_of
from shop.media.rules import (
    MOST_VIDEO_BYTES,
    Medium,
    NewPicture,
    NotAPicture,
    PictureDamaged,
    Subject,
    VideoNotTaken,
    VideoTooLong,
    Words,
)
from tests.builders.films import a_film
from tests.builders.media import a_zip, sent

FILM = a_film()


def streams_of(data: bytes) -> list[tuple[str, str]]:
    with av.open(BytesIO(data)) as made:
        return [(one.type, one.codec_context.name) for one in made.streams]


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_a_film_becomes_one_of_ours_with_a_poster(tmp_path, form):
    data = a_film(form=form)
    assert head_of(data) == Head(form.upper())
    assert b"house 12" in data

    made = film(data, folder=tmp_path)

    ours = (tmp_path / "film.mp4").read_bytes()
    assert streams_of(ours) == [("video", "h264"), ("audio", "aac")]
    assert (made.width, made.height, made.seconds) == (320, 180, 1)
    assert made.widths == (320,)
    for file in tmp_path.iterdir():
        assert b"house 12" not in file.read_bytes()
        assert b"+31.95" not in file.read_bytes()
    with av.open(BytesIO(ours)) as opened:
        assert not {"location", "comment"} & set(opened.metadata)


def test_a_film_without_sound_stays_without(tmp_path):
    film(a_film(has_sound=False), folder=tmp_path)

    assert streams_of((tmp_path / "film.mp4").read_bytes()) == [("video", "h264")]


def test_a_film_taken_with_the_phone_upright_stands_upright(tmp_path):
    made = film(a_film(is_turned=True), folder=tmp_path)

    assert (made.width, made.height) == (180, 320)
    with av.open(str(tmp_path / "film.mp4")) as opened:
        picture = next(opened.decode(video=0)).to_image()
    top, bottom = picture.getpixel((90, 40)), picture.getpixel((90, 280))
    assert top[0] > 180 > bottom[0]
    assert bottom[2] > 180 > top[2]


def test_a_wide_film_is_narrowed_to_720_lines(tmp_path):
    made = film(a_film(size=(1920, 1080), seconds=0.3, has_sound=False), folder=tmp_path)

    assert (made.width, made.height) == (1280, 720)


def test_more_than_thirty_seconds_are_refused(tmp_path):
    with pytest.raises(VideoTooLong):
        film(a_film(size=(32, 32), seconds=33, rate=2, has_sound=False), folder=tmp_path)


def test_too_many_bytes_and_two_things_at_once_are_refused_by_the_head():
    with pytest.raises(VideoTooLong):
        head_of(FILM + bytes(MOST_VIDEO_BYTES))
    with pytest.raises(NotAPicture):
        head_of(FILM + a_zip())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_part_of_a_film_is_made_or_refused_by_name(tmp_path, share):
    try:
        film(FILM[: int(len(FILM) * share)], folder=tmp_path)
    except PictureDamaged:
        return
    assert streams_of((tmp_path / "film.mp4").read_bytes())


def test_whatever_a_film_holds_it_is_made_or_refused_by_name(tmp_path):
    chance = random.Random(5)
    small = a_film(size=(32, 32), seconds=0.3)
    for _ in range(40):
        data = bytearray(small)
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            film(bytes(data), folder=tmp_path)
        except (PictureDamaged, VideoTooLong):
            continue


def test_a_codec_that_nobody_asked_for_is_not_even_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(filming, "CODECS", {"vp9"})

    with pytest.raises(PictureDamaged):
        film(FILM, folder=tmp_path)


def test_a_film_goes_from_the_phone_to_the_window(app, noon):
    with services.taken_in([sent(FILM, "VID_0001.mp4")]) as (original,):
        services.hang(
            subject=Subject.WORKSHOP,
            subject_id=7,
            station_id=None,
            picture=NewPicture(original, Words(alt="编凉鞋", alt_en="Weaving", captions="先起底")),
            actor=SYSTEM,
            now=noon,
        )
    assert services.make_next(now=noon)

    (shown,) = pictures.shown_of(Subject.WORKSHOP, 7)
    assert (shown.medium, shown.seconds, shown.captions) == (Medium.VIDEO, 1, "先起底")
    db.session.remove()
    address = f"/media/{shown.digest[:2]}/{shown.digest}.mp4"
    with app.test_client().get(address, headers={"Range": "bytes=0-99"}) as part:
        assert (part.status_code, part.mimetype) == (206, "video/mp4")
        assert len(part.get_data()) == 100


def test_without_the_extra_a_film_is_refused_by_name(app, monkeypatch):
    monkeypatch.setattr(services, "makes_films", lambda: False)

    with pytest.raises(VideoNotTaken), services.taken_in([sent(FILM)]):
        pass


def test_the_small_process_makes_films_too():
    made = developed(FILM, kind="MP4")

    assert made.seconds == 1
    assert streams_of(made.film) == [("video", "h264"), ("audio", "aac")]
