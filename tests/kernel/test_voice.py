from __future__ import annotations

import io
import json
import os
import wave

import pytest

from shop.kernel import speech, voice

NEEDS_SERVICES = os.environ.get("SHOP_TEST_REQUIRE_SERVICES") == "1"


def a_set(folder, clips, *, name="王秀兰", is_synthetic=False, rate=8000, width=1):
    folder.mkdir(parents=True)
    for clip, frames in clips.items():
        with wave.open(str(folder / f"{clip}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(frames)
    about = {"name": name, "is_synthetic": is_synthetic}
    (folder / "voice.json").write_text(json.dumps(about), encoding="utf-8")


@pytest.fixture
def voices(tmp_path):
    before = voice._place.folder
    voice.install(tmp_path)
    yield tmp_path
    voice.install(before)


def frames(sound):
    with wave.open(io.BytesIO(sound), "rb") as file:
        return file.getframerate(), file.readframes(file.getnframes())


def test_clips_are_one_sound_in_their_order_with_a_breath_between(voices):
    a_set(voices / "house", {"1": b"\x10" * 40, "ten": b"\x90" * 60})

    rate, heard = frames(voice.voice_for("dengliang").sound(["ten", "pause", "1"]))

    assert rate == 8000
    assert heard == b"\x90" * 60 + b"\x80" * 2800 + b"\x10" * 40


def test_silence_between_clips_of_two_bytes_is_zero(voices):
    a_set(voices / "house", {"1": b"\x01\x02"}, width=2, rate=1000)

    assert frames(voice.voice_for("x").sound(["1", "pause"]))[1] == b"\x01\x02" + bytes(700)


def test_a_workshop_s_own_voice_comes_before_the_house_s(voices):
    a_set(voices / "house", {"1": b"\x10"}, name="机器", is_synthetic=True)
    a_set(voices / "dengliang", {"1": b"\x20"})

    own, other = voice.voice_for("dengliang"), voice.voice_for("cizhu")

    assert (own.name, own.is_synthetic) == ("王秀兰", False)
    assert (other.name, other.is_synthetic) == ("机器", True)


def test_a_set_that_is_replaced_is_heard_at_once(voices):
    a_set(voices / "house", {"1": b"\x10"})
    assert frames(voice.voice_for("x").sound(["1"]))[1] == b"\x10"
    for file in (voices / "house").iterdir():
        file.unlink()
    (voices / "house").rmdir()
    a_set(voices / "house", {"1": b"\x20"})
    about = voices / "house" / "voice.json"
    os.utime(about, ns=(about.stat().st_atime_ns, about.stat().st_mtime_ns + 1_000_000))

    assert frames(voice.voice_for("x").sound(["1"]))[1] == b"\x20"


def test_a_missing_clip_makes_no_sound_with_a_hole(voices):
    a_set(voices / "house", {"1": b"\x10"})

    assert voice.voice_for("x").sound(["1", "2"]) is None
    assert voice.missing(voices / "house", ["1", "2", "3"]) == ["2", "3"]


def test_a_clip_of_another_format_counts_as_missing(voices):
    a_set(voices / "house", {"1": b"\x10"})
    with wave.open(str(voices / "house" / "2.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(bytes(8))

    assert voice.missing(voices / "house", ["1", "2"]) == ["2"]


def test_without_a_set_there_is_no_voice(voices):
    assert voice.voice_for("dengliang") is None
    assert voice.missing(voices / "house", ["1"]) == ["1"]


@pytest.mark.skipif(
    not speech.can_speak() and not NEEDS_SERVICES,
    reason="no voice: install espeak-ng to hear a machine speak",
)
def test_a_machine_speaks_a_set_that_says_so(voices):
    assert speech.speak({"1": "一", "yuan": "块"}, voices / "house") == 2

    made = voice.voice_for("x")

    assert made.is_synthetic
    assert 800 < len(made.clips["1"]) < made.rate
    assert max(made.clips["yuan"]) > 150


def test_where_no_machine_speaks_the_refusal_says_what_to_install(voices, monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(speech.NoSpeaker, match="espeak-ng"):
        speech.speak({"1": "一"}, voices / "house")
