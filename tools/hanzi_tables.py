"""Write the tables of ``shop/kernel/hanzi.py`` anew: how characters sound, how they are simplified.

Both come from libraries that only developers install: readings from pypinyin (MIT), traditional
characters from OpenCC (Apache-2.0). Run it after either of them was brought up to date:

    .venv/bin/python tools/hanzi_tables.py
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from pathlib import Path

import opencc
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

TARGET = Path(__file__).resolve().parents[1] / "shop/data/zh"
FIRST, LAST = 0x3400, 0x9FFF
LONGEST_PHRASE = 3
DIAERESIS = "\u0308"


def plain(reading: str) -> str:
    """Return a reading without its tone: lǜ gives lv."""
    letters = unicodedata.normalize("NFD", reading).replace(f"u{DIAERESIS}", "v")
    return "".join(sign for sign in letters if not unicodedata.combining(sign))


def is_everyday(text: str) -> bool:
    """Say whether every character is one of the 6,763 of GB 2312."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def main() -> None:
    """Write the three tables and say how large they are."""
    sounds = {
        chr(code): plain(readings.split(",")[0])
        for code, readings in PINYIN_DICT.items()
        if FIRST <= code <= LAST
    }
    by_sound = defaultdict(list)
    for sign in sorted(sounds):
        by_sound[sounds[sign]].append(sign)
    lines = [f"{sound} {''.join(signs)}" for sound, signs in sorted(by_sound.items())]
    write("readings.txt", lines)

    phrases: dict[str, list[str]] = {}
    for phrase, readings in sorted(PHRASES_DICT.items(), key=lambda one: (len(one[0]), one[0])):
        said = [plain(one[0]) for one in readings]
        if len(phrase) > LONGEST_PHRASE or len(phrase) != len(said) or not is_everyday(phrase):
            continue
        alone = [sounds.get(sign) for sign in phrase]
        # 朝阳区 sounds as its characters do, but not as 朝阳 does: it is named as well.
        if said != alone or said[:2] != phrases.get(phrase[:2], alone[:2]):
            phrases[phrase] = said
    write("phrases.txt", [f"{phrase} {' '.join(said)}" for phrase, said in sorted(phrases.items())])

    convert = opencc.OpenCC("t2s").convert
    by_simple = defaultdict(list)
    for code in range(FIRST, LAST + 1):
        sign = chr(code)
        simple = convert(sign)
        if simple != sign and len(simple) == 1:
            by_simple[simple].append(sign)
    write("traditional.txt", [f"{one}{''.join(many)}" for one, many in sorted(by_simple.items())])


def write(name: str, lines: list[str]) -> None:
    """Write one table."""
    text = "\n".join(lines) + "\n"
    (TARGET / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(lines)} lines, {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
