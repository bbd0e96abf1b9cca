"""How Chinese characters sound and how traditional ones are simplified, from small tables.

The tables are read when first asked and take under a megabyte; pypinyin, from which they are made
(``tools/hanzi_tables.py``), takes 58 MB. Readings have no tones, and ü is written v: 绿 is lv.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data/zh"
FIRST, LAST = 0x3400, 0x9FFF
LONGEST_PHRASE = 3


@dataclass(frozen=True, slots=True)
class _Readings:
    """``numbers`` holds, for each character from U+3400 on, the place of its syllable."""

    syllables: tuple[str, ...]
    numbers: array[int]
    phrases: dict[str, tuple[str, ...]]
    openings: frozenset[str]


def _lines(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


@cache
def _readings() -> _Readings:
    syllables = [""]
    numbers = array("H", bytes(2 * (LAST - FIRST + 1)))
    for line in _lines("readings.txt"):
        sound, _, signs = line.partition(" ")
        for sign in signs:
            numbers[ord(sign) - FIRST] = len(syllables)
        syllables.append(sound)
    by_sound = {sound: sound for sound in syllables}
    phrases = {}
    for line in _lines("phrases.txt"):
        phrase, *sounds = line.split(" ")
        phrases[phrase] = tuple(by_sound.get(sound, sound) for sound in sounds)
    return _Readings(
        tuple(syllables), numbers, phrases, frozenset(phrase[:2] for phrase in phrases)
    )


@cache
def _simple() -> dict[int, str]:
    return {ord(sign): line[0] for line in _lines("traditional.txt") for sign in line[1:]}


@cache
def known_syllables() -> frozenset[str]:
    """Return every syllable that some character has."""
    return frozenset(_readings().syllables) - {""}


def simplified(text: str) -> str:
    """Return a text with traditional characters simplified one by one: 涼鞋 gives 凉鞋."""
    return text if text.isascii() else text.translate(_simple())


def syllables(text: str) -> list[str]:
    """Return how each character sounds, in its place; ``""`` for what has no reading.

    Phrases read otherwise than their characters are known: 重庆 gives chong, qing.
    """
    known = _readings()
    found: list[str] = []
    while len(found) < len(text):
        place = len(found)
        sounds: tuple[str, ...] | None = None
        if text[place : place + 2] in known.openings:
            longest = known.phrases.get(text[place : place + LONGEST_PHRASE])
            sounds = longest or known.phrases.get(text[place : place + 2])
        found.extend(sounds or (_sound(known, text[place]),))
    return found


def _sound(known: _Readings, sign: str) -> str:
    number = ord(sign) - FIRST
    return known.syllables[known.numbers[number]] if 0 <= number <= LAST - FIRST else ""


def letters(text: str) -> str:
    """Return a name in small letters without blanks, as one types it: wangxiulan for 王秀兰."""
    sounds = zip(text.casefold(), syllables(text), strict=False)
    return "".join(sound or sign for sign, sound in sounds if sound or sign.isalnum())
