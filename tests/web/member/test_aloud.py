from __future__ import annotations

import io
import json
import wave

import pytest

from shop.earnings import spoken
from shop.earnings.models import Earning
from shop.kernel import voice
from shop.kernel.db import db
from tests.builders.earnings import an_earning
from tests.builders.stations import a_member
from tests.web.member.test_own_pages import clock, her, open_pages, words

__all__ = ["clock", "her"]


@pytest.fixture
def speaker(tmp_path):
    """A set of clips of one tenth of a second each."""
    before = voice._place.folder
    voice.install(tmp_path)
    folder = tmp_path / "house"
    folder.mkdir()
    for number, name in enumerate(spoken.CLIPS):
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(8000)
            file.writeframes(bytes([number]) * 800)
    about = {"name": "机器", "is_synthetic": True}
    (folder / "voice.json").write_text(json.dumps(about), encoding="utf-8")
    yield folder
    voice.install(before)


def said(sound):
    """The clips that a sound was made of."""
    names = list(spoken.CLIPS)
    with wave.open(io.BytesIO(sound), "rb") as file:
        heard = file.readframes(file.getnframes())
    clips, place = [], 0
    while place < len(heard):
        if heard[place] == 0x80:
            place += 2800
            continue
        clips.append(names[heard[place]])
        place += 800
    return clips


def test_her_page_is_read_aloud_and_loads_no_sound_before_she_presses(
    visitor, in_app, clock, her, speaker
):
    in_app(an_earning, member_id=her, fen=50820)

    page = words(open_pages(visitor))
    sound = visitor.open("/member/aloud")

    assert page.count('preload="none" src="/member/aloud') == 2
    assert "A machine speaks" in page
    assert "一共五百零八块两毛，七月二十五号发给您" in page
    assert sound.mimetype == "audio/wav"
    assert sound.headers["Cache-Control"] == "no-store"
    start = ["sure", "together", "5", "hundred", "0", "8", "yuan", "pair", "jiao", "7", "month"]
    assert said(sound.get_data())[: len(start)] == start


def test_every_amount_says_its_own_sentence(visitor, in_app, clock, her, speaker):
    in_app(an_earning, member_id=her, fen=50820)
    address = words(open_pages(visitor)).split('src="/member/aloud/')[1].split('"')[0]

    clips = said(visitor.open(f"/member/aloud/{address}").get_data())

    assert clips[:5] == ["7", "month", "ten", "8", "day"]
    assert clips[5:9] == ["handed-in", "ten", "2", "piece"]


def test_a_telephone_that_asks_for_a_part_gets_a_part(visitor, in_app, clock, her, speaker):
    open_pages(visitor)

    part = visitor.client.get("/member/aloud", headers={"Range": "bytes=0-1"})

    assert part.status_code == 206
    assert part.get_data() == b"RI"


def test_nobody_hears_the_sentence_of_another(visitor, in_app, clock, her, speaker):
    other = in_app(a_member, name="陈明珍")
    earning = in_app(an_earning, member_id=other, fen=77701)
    name = in_app(lambda: db.session.get(Earning, earning).public_id)
    open_pages(visitor)

    visitor.open(f"/member/aloud/{name}", status=404)


def test_after_two_quiet_minutes_nothing_is_read(visitor, in_app, clock, her, speaker):
    open_pages(visitor)
    clock.on(seconds=121)

    assert visitor.client.get("/member/aloud").location == "/sign-in?next=/member"


def test_without_a_voice_the_page_gives_the_words_to_read_to_her(visitor, in_app, clock, her):
    in_app(an_earning, member_id=her, fen=50820)

    page = words(open_pages(visitor))

    assert "<audio" not in page
    assert "Read it to her" in page
    assert "一共五百零八块两毛" in page
    visitor.open("/member/aloud", status=404)
