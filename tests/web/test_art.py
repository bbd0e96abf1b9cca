"""The pictures that the house draws itself: same name, same picture; nothing that could run."""

from __future__ import annotations

import re
import string
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.web.art import CRAFT_THREADS, art_url, artwork, drawing, woven_card
from shop.web.art_goods import GOODS
from shop.web.art_scenes import SCENES
from shop.web.art_threads import along, circle, crossing, curve, number, smooth

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = sorted({**GOODS, **SCENES})

codes = st.text(alphabet=string.ascii_letters + string.digits + "-._~", min_size=1, max_size=40)
crafts = st.sampled_from([*CRAFT_THREADS, "plain", "something_new"])


def parts_of(picture: str) -> list[ET.Element]:
    return list(ET.fromstring(picture).iter())  # noqa: S314 - drawn by ourselves


def test_the_same_code_weaves_the_same_cloth():
    assert woven_card("S-01", "sandal") == woven_card("S-01", "sandal")


def test_neighboring_codes_weave_cloths_that_can_be_told_apart():
    cloths = {str(woven_card(f"S-{n:02}", "sandal")).replace(f"S-{n:02}", "") for n in range(40)}

    assert len(cloths) == 40


def test_one_code_in_two_crafts_has_two_cloths():
    assert woven_card("X-1", "sandal") != woven_card("X-1", "decor")


@given(code=codes, craft=crafts)
def test_every_code_weaves_a_whole_cloth_of_four_by_five(code: str, craft: str):
    root = ET.fromstring(woven_card(code, craft))  # noqa: S314 - drawn by ourselves

    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height")) == ("400", "500")
    assert root.get("viewBox") == "0 0 400 500"
    assert root.findtext(f"{SVG}title") == code


@given(code=codes, craft=crafts)
def test_warp_and_weft_both_show_in_every_cloth(code: str, craft: str):
    widths = [part.get("stroke-width") for part in parts_of(woven_card(code, craft))]

    assert widths.count("18") == 17 + 20


def test_a_code_cannot_carry_markup_into_the_picture():
    cloth = woven_card('</title><script>alert("x")</script>', "sandal")

    assert "<script" not in cloth
    assert "&lt;script&gt;" in cloth


@pytest.mark.parametrize("name", DRAWN)
def test_every_drawing_is_a_complete_picture_with_a_title(name: str):
    picture = drawing(name)

    assert picture is not None
    root = ET.fromstring(picture)  # noqa: S314 - drawn by ourselves
    size = ("600", "400") if name in SCENES else ("400", "500")
    assert (root.get("width"), root.get("height")) == size
    assert root.get("viewBox") == f"0 0 {size[0]} {size[1]}"
    assert root.findtext(f"{SVG}title")


@pytest.mark.parametrize("name", [*DRAWN, "weave-sandal-S-01"])
def test_no_picture_needs_a_style_a_script_or_another_file(name: str):
    picture = artwork(name)

    assert picture is not None
    assert not re.search(r"<style|\sstyle=|<script|<image|<foreignObject|\son\w+=|href=", picture)


@pytest.mark.parametrize("name", DRAWN)
def test_what_a_drawing_points_to_is_in_it_once(name: str):
    picture = drawing(name)

    assert picture is not None
    ids = re.findall(r'\bid="([^"]+)"', picture)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", picture)) <= set(ids)


def test_a_name_that_nobody_drew_has_no_picture():
    assert drawing("a_boat") is None
    assert artwork("a_boat") is None
    assert artwork("weave-sandal") is None
    assert artwork("../secrets") is None


def test_the_route_finds_cloth_by_craft_and_code():
    assert artwork("weave-sandal-S-01") == woven_card("S-01", "sandal")


def test_the_address_changes_with_the_picture_and_only_then():
    assert art_url("sandals") == art_url("sandals")
    assert re.fullmatch(r"/art/sandals\.svg\?v=[0-9a-f]{8}", art_url("sandals"))
    assert art_url("sandals").split("=")[1] != art_url("slippers").split("=")[1]


def test_an_address_holds_no_letter_that_a_link_could_break_on():
    assert art_url('weave-sandal-S 01"><b>').startswith("/art/weave-sandal-S-01---b-.svg?v=")
    assert artwork("weave-sandal-S-01---b-") is not None


@pytest.mark.parametrize(
    ("value", "written"), [(3.0, "3"), (2.04, "2"), (-0.04, "0"), (1.26, "1.3"), (100.0, "100")]
)
def test_a_coordinate_is_written_as_short_as_it_can_be(value: float, written: str):
    assert number(value) == written


def test_a_closed_curve_ends_where_it_began():
    assert smooth([(0, 0), (10, 0), (10, 10)], closed=True).endswith("0 0Z")


def test_a_curve_passes_through_its_points():
    line = curve([(0, 0), (50, 20), (100, 0)], pieces=4)

    assert {(0, 0), (50, 20), (100, 0)} <= {(round(x), round(y)) for x, y in line}


def test_places_along_a_line_keep_their_distance_round_a_corner():
    places = [place for place, _ in along([(0, 0), (10, 0), (10, 10)], 4)]

    assert places == [(0, 0), (4, 0), (8, 0), (10, 2), (10, 6), (10, 10)][: len(places)]
    assert len(places) >= 5


def test_bands_meet_only_where_both_are():
    assert crossing(((0, 0), (10, 10)), ((0, 10), (10, 0))) == (5, 5)
    assert crossing(((0, 0), (4, 4)), ((0, 10), (10, 0))) is None
    assert crossing(((0, 0), (10, 0)), ((0, 5), (10, 5))) is None


def test_a_circle_is_as_wide_as_asked():
    assert circle((50, 50), 20) == "M30 50a20 20 0 1 1 40 0a20 20 0 1 1 -40 0Z"
