"""A machine that speaks a set of clips, so that there is a voice before anybody was recorded."""

from __future__ import annotations

import array
import io
import json
import shutil
import subprocess
import sys
import wave
from collections.abc import Mapping
from pathlib import Path

from shop.kernel.voice import ABOUT

SPEAKER = "espeak-ng"
VOICE = "cmn-latn-pinyin"  # the plain one spells the sounds of characters in English letters
WORDS_A_MINUTE = 150
QUIET = 300  # of 32768: what a machine leaves before and after a word
BREATH = 0.02  # seconds kept on either side


class NoSpeaker(RuntimeError):
    """The program that speaks is not installed; the sentence says which."""


def can_speak() -> bool:
    """Say whether the program that speaks is installed."""
    return shutil.which(SPEAKER) is not None


def speak(clips: Mapping[str, str], folder: Path) -> int:
    """Write a set of clips into a folder and return how many; marked as a machine's.

    Small on purpose: 11 kHz, one byte a sample, for pages on a village's network.

    clips    name and Chinese words of each.

    Raises NoSpeaker.
    """
    program = shutil.which(SPEAKER)
    if program is None:
        message = f"{SPEAKER} is not installed: apt install {SPEAKER}"
        raise NoSpeaker(message)
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in clips.items():
        answer = subprocess.run(  # noqa: S603 - our own words to a program found by name
            [program, "-v", VOICE, "-s", str(WORDS_A_MINUTE), "--stdout", words],
            capture_output=True,
            check=True,
        )
        _write_small(answer.stdout, folder / f"{name}.wav")
    about = {"name": SPEAKER, "is_synthetic": True}
    # Last, so that a set that was broken off is none.
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    return len(clips)


def _write_small(sound: bytes, path: Path) -> None:
    # What comes through a pipe does not know its own length: read to the end.
    with wave.open(io.BytesIO(sound), "rb") as file:
        rate = file.getframerate()
        samples = array.array("h", file.readframes(min(file.getnframes(), len(sound) // 2)))
    if sys.byteorder == "big":
        samples.byteswap()
    loud = [place for place, one in enumerate(samples) if abs(one) > QUIET]
    breath = int(rate * BREATH)
    first = max(0, loud[0] - breath) if loud else 0
    last = min(len(samples), loud[-1] + breath) if loud else len(samples)
    kept = samples[first:last]
    halved = bytes(
        ((kept[place] + kept[place + 1]) // 2 >> 8) + 128 for place in range(0, len(kept) - 1, 2)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate // 2)
        file.writeframes(halved)
