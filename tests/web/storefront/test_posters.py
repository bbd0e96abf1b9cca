from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import shop
from shop.catalog import queries as catalog
from shop.kernel.access import SYSTEM
from shop.posters import door
from shop.posters.drawing import HEIGHT, SIDE, WIDTH, draw_poster, fitted
from shop.posters.printing import BODY, TITLE, Hand, missing_signs
from shop.posters.words import Poster
from shop.stations import services as stations
from shop.stations.rules import ConsentPurpose
from shop.web.storefront import posters

PLACES = Path(shop.__file__).parent / "data/divisions"


@pytest.fixture
def slug(market, in_app) -> str:
    return in_app(catalog.covers, [market.sandals.product_id])[market.sandals.product_id].slug


@pytest.fixture
def drawn(monkeypatch):
    """Every poster that was asked for, none of them drawn."""
    asked = []

    def draw(key, *, poster, picture, is_drawing):
        asked.append((key, poster, picture(), is_drawing))
        return b"jpeg"

    monkeypatch.setattr(posters, "drawn", draw)
    return asked


def test_every_place_of_the_city_can_be_printed():
    signs = {
        sign
        for file in ("areas", "streets", "villages")
        for sign in (PLACES / f"{file}.csv").read_text(encoding="utf-8")
        if sign.isprintable()
    }

    assert "㭎" in signs
    assert missing_signs("".join(sorted(signs))) == []


def test_names_of_people_can_be_printed_and_a_sign_nobody_has_is_marked():
    assert missing_signs("王秀兰 镕堃喆淼赟暐 Zoë Müller ¥1,280.00 【】，。…") == []
    assert missing_signs("a𠀀b") == ["𠀀"]
    assert Hand(BODY, 30).length("𠀀") == Hand(BODY, 30).length("〓")


def test_lines_break_between_words_and_never_before_a_closing_sign():
    hand = Hand(TITLE, 56)

    assert hand.lines("Hand-woven sandals of ramie", 400, 3) == [
        "Hand-woven",
        "sandals of",
        "ramie",
    ]
    broken = hand.lines("苎麻、棉线、竹篾编成的凉鞋", 56 * 3, 9)
    assert "".join(broken) == "苎麻、棉线、竹篾编成的凉鞋"
    assert not any(line.startswith("、") for line in broken)
    assert hand.lines("一二三四五六七八九十", 56 * 3, 2) == ["一二三", "四五…"]


def test_a_poster_has_its_size_its_picture_and_a_code_of_whole_squares():
    picture = fitted(Image.new("RGB", (300, 400), "#0a0"), (SIDE, SIDE))

    sheet = draw_poster(
        Poster(
            title="手编凉鞋",
            by="王秀兰 手编",
            place="城口县鸡鸣乡㭎子村",
            price="¥88.00",
            call="扫一扫",
            house="灯梁",
            address="https://dengliang.example/goods/sandals",
        ),
        picture,
    )

    assert sheet.size == (WIDTH, HEIGHT)
    assert sheet.getpixel((WIDTH // 2, 400)) == (0, 170, 0)


def test_a_poster_is_drawn_by_its_process(fresh_app, market, visitor, slug):
    answer = visitor.open(f"/goods/{slug}/poster.jpg")

    with Image.open(BytesIO(answer.data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1080, 1440))
    again = visitor.open(
        f"/goods/{slug}/poster.jpg",
        status=304,
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert again.data == b""


def test_a_poster_says_what_holds_now_in_the_readers_language(market, visitor, in_app, slug, drawn):
    visitor.open(f"/goods/{slug}/poster.jpg")
    visitor.open(f"/goods/{slug}/poster.jpg?lang=en")
    in_app(
        stations.withdraw_consent,
        member_id=market.maker_id,
        purpose=ConsentPurpose.NAME,
        actor=SYSTEM,
        now=market.now,
    )
    visitor.open(f"/goods/{slug}/poster.jpg")

    chinese, english, unnamed = (one[1] for one in drawn)
    assert (chinese.by, chinese.price) == ("王秀兰 手编", "¥88.00")
    assert english.by == "Woven by Wang Xiulan"
    assert english.address.endswith(f"/goods/{slug}?lang=en")
    assert "王秀兰" not in str(unnamed)
    assert len({one[0] for one in drawn}) == 3


def test_the_picture_of_drawn_goods_comes_as_pixels(market, visitor, slug, drawn):
    visitor.open(f"/goods/{slug}/picture.jpg")

    ((_, words, picture, is_drawing),) = drawn
    assert words is None
    assert is_drawing
    assert picture.startswith(b"<svg")


def test_whoever_comes_while_another_is_drawn_for_long_is_told_so(monkeypatch):
    monkeypatch.setattr(door, "WAIT_SECONDS", 0.01)
    with door._one_at_a_time, pytest.raises(door.PosterBusy):
        door.drawn("never drawn", poster=None, picture=bytes, is_drawing=True)


def test_old_drawings_are_forgotten(monkeypatch):
    monkeypatch.setattr(door, "MOST_KEPT_BYTES", 10)
    kept = door._Kept()
    for key in "abc":
        kept.put(key, b"four")

    assert (kept.get("a"), kept.get("c")) == (None, b"four")
