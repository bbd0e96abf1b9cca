from __future__ import annotations

import re

from shop.web.ridge_map import MOST_LAMPS, MOST_RIDGES, WIDTH, Place, ridge_map


def a_town(number, villages):
    code = f"5002291{number:02d}"
    lamps = [Place(f"{code}2{n:02d}", f"村{n}", f"/workshops?place={n}") for n in range(villages)]
    return Place(code, f"镇{number}", f"/workshops?place={code}"), lamps


def test_a_place_looks_the_same_wherever_it_is_drawn():
    first, again = (ridge_map([a_town(7, 3), a_town(8, 1)]) for _ in range(2))

    assert first == again
    assert first.ridges[0].path != first.ridges[1].path


def test_lamps_stand_in_order_inside_the_picture_on_their_ridge():
    drawn = ridge_map([a_town(number, number) for number in range(1, 7)])
    for ridge in drawn.ridges:
        passed = [
            tuple(map(int, found)) for found in re.findall(r"(\d+) (\d+)(?=[QL])", ridge.path)
        ]
        xs = [lamp.x for lamp in ridge.lamps]
        assert xs == sorted(set(xs))
        for lamp in ridge.lamps:
            assert 0 < lamp.x < WIDTH
            assert (lamp.x, lamp.y) in passed


def test_many_places_are_left_to_the_list_and_the_picture_stays_small():
    drawn = ridge_map([a_town(number, 9) for number in range(30)])

    assert (len(drawn.ridges), drawn.left_out) == (MOST_RIDGES, 30 - MOST_RIDGES)
    assert all(len(ridge.lamps) == MOST_LAMPS for ridge in drawn.ridges)
    assert not any(lamp.is_named for ridge in drawn.ridges for lamp in ridge.lamps)
    assert sum(len(ridge.path) for ridge in drawn.ridges) < 2000


def test_english_names_lose_the_word_for_their_kind():
    ridge = ridge_map([(Place("1", "Gaoguan Town"), [Place("2", "Chengkou " * 9)])]).ridges[0]

    assert ridge.name == "Gaoguan"
    assert ridge.lamps[0].name == "Chengkou Chen…"
