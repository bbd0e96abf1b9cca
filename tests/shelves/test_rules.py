from __future__ import annotations

from datetime import date

import pytest

from shop.kernel import workdays
from shop.shelves.rules import BadShelf, coming_seasons, is_shown, require_sound


def suggested(today):
    seasons = coming_seasons(workdays.china(), today=today)
    return {one.feast.key: one.day for one in seasons}


def test_the_next_feasts_are_suggested_with_their_days():
    assert suggested(date(2026, 3, 9)) == {
        "dragon-boat": date(2026, 6, 19),
        "mid-autumn": date(2026, 9, 25),
        "national-day": date(2026, 10, 1),
        "new-year": date(2027, 1, 1),
        "spring-festival": date(2027, 2, 6),
        "womens-day": date(2027, 3, 8),
    }


def test_the_nearest_comes_first_and_its_shelf_ends_on_the_day():
    first = coming_seasons(workdays.china(), today=date(2026, 6, 1))[0]

    assert first.feast.key == "dragon-boat"
    assert (first.starts_on, first.ends_on) == (date(2026, 5, 22), date(2026, 6, 19))


def test_the_table_ends_and_the_eighth_of_march_comes_every_year():
    assert suggested(date(2031, 5, 1)) == {"womens-day": date(2032, 3, 8)}


@pytest.mark.parametrize(
    ("title", "words", "days"),
    [
        ("", "好", (1, 2)),
        ("好", "", (1, 2)),
        ("好" * 61, "好", (1, 2)),
        ("好", "好" * 241, (1, 2)),
        ("好", "好", (2, 1)),
    ],
)
def test_a_shelf_without_words_or_with_crossed_days_is_refused(title, words, days):
    first, last = (date(2026, 6, day) for day in days)
    with pytest.raises(BadShelf):
        require_sound(title=title, words=words, starts_on=first, ends_on=last)


def test_both_days_of_a_shelf_count():
    first, last = date(2026, 6, 1), date(2026, 6, 3)
    days = (date(2026, 5, 31), first, last, date(2026, 6, 4))
    assert [is_shown(first, last, day) for day in days] == [False, True, True, False]
