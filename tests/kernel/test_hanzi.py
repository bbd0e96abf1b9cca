from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import opencc
import pytest
from pypinyin import lazy_pinyin

from shop.kernel import hanzi

DIVISIONS = Path(hanzi.DATA).parent / "divisions"


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("手编凉鞋", "shou bian liang xie"),
        ("重庆", "chong qing"),
        ("重要", "zhong yao"),
        ("长寿", "chang shou"),
        ("绿女", "lv nv"),
        ("大青㭎", "da qing gang"),
    ],
)
def test_characters_have_their_sound_and_phrases_theirs(text, sounds):
    assert hanzi.syllables(text) == sounds.split()


def test_what_has_no_reading_keeps_its_place():
    assert hanzi.syllables("凉A鞋\U00020000") == ["liang", "", "xie", ""]
    assert hanzi.syllables("") == []


def test_every_place_of_the_divisions_sounds_as_the_whole_library_says():
    names = [
        row["name"]
        for file in sorted(DIVISIONS.glob("*.csv"))
        for row in csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
    ]
    other = [
        name
        for name in names
        if "·" not in name and hanzi.syllables(name) != lazy_pinyin(name, v_to_u=False)
    ]
    # 松柏 is songbo; before 林 the library falls back to the single character.
    assert other == ["松柏林社区居民委员会"]
    assert len(names) > 12_000


def test_traditional_characters_are_simplified_as_the_whole_library_does():
    convert = opencc.OpenCC("t2s").convert
    signs = [chr(code) for code in range(0x4E00, 0xA000)]
    assert [s for s in signs if hanzi.simplified(s) != convert(s)] == []
    assert hanzi.simplified("手編涼鞋、掛飾") == "手编凉鞋、挂饰"


def test_the_product_itself_never_loads_the_large_library():
    code = (
        "import sys, shop.app; from shop.kernel import hanzi, i18n; i18n.romanized('灯梁');"
        "hanzi.simplified('涼'); sys.exit('pypinyin' in sys.modules or 'opencc' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
