from __future__ import annotations

import pytest

from shop.kernel import divisions


def names(places):
    return [place.name for place in places]


def test_every_province_of_the_mainland_leads_down_to_a_county():
    assert len(divisions.provinces()) == 31
    for province in divisions.provinces():
        for below in divisions.below(province.code):
            counties = (below,) if len(below.code) == 6 else divisions.below(below.code)
            assert counties
            assert all(divisions.is_whole(county.code) for county in counties)


def test_chongqing_goes_on_to_its_1031_towns_without_the_layer_that_only_counts():
    counties = divisions.below("50")
    assert len(counties) == 38
    assert sum(len(divisions.below(county.code)) for county in counties) == 1031
    assert names(divisions.steps("500229212")) == ["重庆市", "城口县", "鸡鸣乡"]


def test_counties_right_below_a_province_stand_beside_its_cities():
    assert "济源市" in names(divisions.below("41"))
    assert names(divisions.steps("419001")) == ["河南省", "济源市"]


@pytest.mark.parametrize("code", ["", "5", "500200", "00", "99", "../50", "500229212202"])
def test_what_is_no_place_has_no_way_and_nothing_below_it(code):
    assert divisions.steps(code) == ()
    assert divisions.below(code) == ()
    assert not divisions.is_whole(code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("重庆市 渝北区", "50"),
        ("新疆乌鲁木齐", "65"),
        ("广西壮族自治区南宁市", "45"),
        ("内蒙古 呼和浩特", "15"),
        ("München, Germany", ""),
        ("", ""),
    ],
)
def test_a_freely_written_address_is_known_by_the_province_it_begins_with(text, code):
    assert divisions.province_in(text) == code
