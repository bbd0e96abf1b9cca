from __future__ import annotations

from random import Random

import pytest

from shop.stations import rules


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("灯梁村村民委员会", "灯梁村"),
        ("东方广场社区居民委员会", "东方广场社区"),
        ("先锋社区村民委员会", "先锋社区"),
        ("真武村民委员会", "真武村"),
        ("化龙桥社区工作站", "化龙桥社区工作站"),
        ("华润·凌江社区居民委员会", "华润·凌江社区"),
        ("鸡鸣乡", "鸡鸣乡"),
        ("村民委员会", "村民委员会"),
    ],
)
def test_a_place_is_called_as_people_say(name, short):
    assert rules.short_name(name) == short


@pytest.mark.parametrize(
    ("short", "parts"),
    [
        ("灯梁村", ("灯梁", (), "Village")),
        ("城口县", ("城口", (), "County")),
        ("石柱土家族自治县", ("石柱", ("Tujia",), "Autonomous County")),
        ("彭水苗族土家族自治县", ("彭水", ("Miao", "Tujia"), "Autonomous County")),
        ("高笋塘街道", ("高笋塘", (), "Subdistrict")),
        ("化龙桥社区工作站", ("化龙桥", (), "Community Station")),
    ],
)
def test_a_name_falls_into_its_own_part_its_peoples_and_its_kind(short, parts):
    assert rules.parts_of_name(short) == parts


def test_a_path_says_each_code_once():
    county = rules.path_below("/", "", "500229")
    town = rules.path_below(county, "500229", "500229212")

    assert rules.path_below(town, "500229212", "500229212202") == "/500229/212/202/"
    assert rules.prefixes("/500229/212/202/") == ["/500229/", "/500229/212/", "/500229/212/202/"]


def test_as_many_rooms_open_as_were_asked_and_every_town_gets_its_share():
    chance = Random(4350)
    for _ in range(200):
        towns = {
            f"{town:03d}": [
                (f"{town:03d}{room:03d}", "x村村民委员会") for room in range(1, rooms + 1)
            ]
            for town, rooms in enumerate(chance.choices(range(2, 37), k=chance.randrange(1, 12)))
        }
        everything = sum(map(len, towns.values()))
        wanted = chance.randrange(0, everything + 5)

        opened = rules.rooms_to_open(towns, wanted)

        assert len(opened) == min(wanted, everything)
        for town, rooms in towns.items():
            share = min(wanted, everything) * len(rooms) / everything
            count = sum(code in opened for code, _ in rooms)
            assert share - 1 < count < share + 1, town
        assert rules.rooms_to_open(dict(reversed(towns.items())), wanted) == opened


def test_villages_open_before_communities():
    rooms = {"t": [("t001", "鸡鸣社区居民委员会"), ("t202", "灯梁村村民委员会")]}

    assert rules.rooms_to_open(rooms, 1) == {"t202"}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("139 8372 0001", "13983720001"),
        ("+86 139-8372-0001", "13983720001"),
        ("０２３-59000001", "02359000001"),
        ("(023)5900 0001", "02359000001"),
        ("+49 30 123456", "4930123456"),
        ("", ""),
    ],
)
def test_a_telephone_number_has_one_writing(typed, number):
    assert rules.phone_number(typed) == number


@pytest.mark.parametrize("typed", ["1234", "none", "139837200011234567", "139'; DROP"])
def test_what_is_no_telephone_number_is_refused(typed):
    with pytest.raises(ValueError, match="telephone"):
        rules.phone_number(typed)
