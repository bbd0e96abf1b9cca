from __future__ import annotations

import random
from dataclasses import replace

import pytest
import sqlalchemy as sa

from shop.catalog import lists
from shop.catalog.lists import FACETS, ORDERS, Mark, Sort, Wish, band_span
from shop.catalog.models import Offer, OfferTerm, Term
from shop.catalog.rules import BAND_EDGES, price_band
from shop.kernel.access import SYSTEM
from shop.kernel.clock import ticks
from shop.kernel.db import db, transaction
from shop.kernel.money import Money
from shop.stations import services as stations
from shop.stations.rules import ConsentPurpose
from tests.builders.catalog import CRAFTS, MATERIALS, PLACES, a_product, many_products
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop


def everything():
    """Return every offer with its words, as a person would count them by hand."""
    words = {}
    for term, product_id, kind in db.session.execute(
        sa.select(OfferTerm.term, OfferTerm.product_id, Term.kind).join(
            Term, Term.slug == OfferTerm.term
        )
    ):
        words.setdefault(product_id, {}).setdefault(kind.value, set()).add(term)
    return [
        dict(row._mapping) | {"words": words.get(row.product_id, {})}
        for row in db.session.execute(sa.select(Offer.__table__))
    ]


def lies_ready(one, now):
    return one["ready_at"] is not None and one["ready_at"] <= ticks(now)


def fits(one, wish, now):
    return (
        (not wish.category or one["category"] == wish.category)
        and all(
            not getattr(wish, kind) or getattr(wish, kind) in one["words"].get(kind, ())
            for kind in ("craft", "material")
        )
        and (wish.low is None or one["price_minor"] >= wish.low)
        and (wish.high is None or one["price_minor"] <= wish.high)
        and (not wish.place or wish.place in {one["village"], one["town"], one["county"]})
        and (not wish.workshop or one["workshop"] == wish.workshop)
        and (
            wish.supply != "ready"
            or (one["ready_at"] is not None and one["ready_at"] <= ticks(now))
        )
        and (wish.supply != "made" or one["supply"] != "in_stock")
    )


def choosing(wish, facet, value):
    if facet == "price":
        low, high = band_span(int(value))
        return replace(wish, low=low, high=high)
    return replace(wish, **{facet: value})


def wishes(dice, number):
    for _ in range(number):
        yield Wish(
            category=dice.choice(("", "", "footwear", "home")),
            craft=dice.choice(("", "", *CRAFTS)),
            material=dice.choice(("", "", "", *MATERIALS)),
            low=dice.choice((None, None, 0, 3000, 2500)),
            high=dice.choice((None, None, None, 5999, 20000)),
            place=dice.choice(("", "", "", "500229", "500229107", *PLACES)),
            workshop=dice.choice(("", "", "", f"w-{PLACES[0]}")),
            supply=dice.choice(("", "", "ready", "made")),
            sort=dice.choice(list(Sort)),
        )


def walked(wish, now, most=5):
    """Return the codes of a whole list, page after page, and again backwards from its end."""
    forth, pages, mark = [], 0, None
    while True:
        page = lists.goods(wish, now=now, mark=mark, most=most)
        forth += [card.product_id for card in page.cards]
        pages += 1
        assert pages < 2000
        if page.after is None:
            break
        mark = page.after
    back = [card.product_id for card in page.cards]
    while page.before is not None:
        page = lists.goods(wish, now=now, mark=page.before, most=most)
        back = [card.product_id for card in page.cards] + back
        pages += 1
        assert pages < 4000
    assert back == forth
    return forth


def test_every_number_is_what_one_gets_by_choosing_it(app, noon):
    many_products(300, now=noon)
    goods = everything()
    for wish in wishes(random.Random(3), 60):
        page = lists.goods(wish, now=noon)
        assert page.total == (sum(fits(one, wish, noon) for one in goods), True), wish
        for facet in FACETS:
            for value in page.facets[facet]:
                got = sum(fits(one, choosing(wish, facet, value.value), noon) for one in goods)
                assert value.count == (got, True), (wish, facet, value)
                assert got > 0
        # Nothing that could be chosen is kept silent about: there are few enough values here.
        bands = {str(price_band(Money(one["price_minor"]))) for one in goods
                 if fits(one, replace(wish, low=None, high=None), noon)}  # fmt: skip
        assert {value.value for value in page.facets["price"]} == bands


def test_every_order_is_complete_and_can_be_walked_back(app, noon):
    many_products(130, now=noon, seed=11)
    goods = everything()
    for wish in wishes(random.Random(5), 14):
        column, is_down = ORDERS[wish.sort]
        ordered = sorted(
            (one for one in goods if fits(one, wish, noon)),
            key=lambda one: (one[column], one["product_id"]),
            reverse=is_down,
        )
        assert walked(wish, noon) == [one["product_id"] for one in ordered], wish


def test_a_long_list_counts_to_a_bound_and_still_loses_nothing(app, noon):
    many_products(4600, now=noon)
    goods = everything()
    rare = Wish(low=88000, supply="ready", craft="crochet", sort=Sort.SOON)
    page = lists.goods(rare, now=noon)

    hits = sum(fits(one, rare, noon) for one in goods)
    assert not page.total.is_exact
    assert page.total.number <= hits
    for facet in FACETS:
        for value in page.facets[facet]:
            got = sum(fits(one, choosing(rare, facet, value.value), noon) for one in goods)
            assert value.count.number <= got
            assert value.count.number == got or not value.count.is_exact
    assert len(walked(rare, noon, most=24)) == hits
    assert lists.goods(Wish(), now=noon).total == (4600, True)


@pytest.mark.parametrize(
    "wish",
    [
        Wish(category="nothing"),
        Wish(material="gold", craft="alchemy"),
        Wish(place="999999999999"),
        Wish(place="١٢٣٤٥٦"),
        Wish(place="999999"),
        Wish(workshop="'; DROP TABLE offers; --", category="footwear"),
        Wish(low=50, high=10),
        Wish(category="😀" * 50, low=10**12),
    ],
)
def test_what_nobody_knows_gives_an_empty_list(app, noon, wish):
    a_product(now=noon, workshop_id=a_workshop())

    page = lists.goods(wish, now=noon)
    assert page.cards == ()
    assert page.total == (0, True)


def test_a_mark_is_two_numbers_and_nothing_else():
    assert Mark.read("8800-12", is_backwards=False) == (8800, 12, False)
    assert str(Mark(8800, 12)) == "8800-12"
    odd = [
        "",
        "8800",
        "-12",
        "8800-",
        "1 OR 1=1-2",
        "٨-١",
        "9" * 19 + "-1",
        "1-" + "9" * 10,
        "1e9-1",
    ]
    assert [Mark.read(text, is_backwards=False) for text in odd] == [None] * len(odd)


def test_bands_meet_without_gap_or_overlap():
    spans = [band_span(band) for band in range(len(BAND_EDGES) + 1)]
    assert spans[0][0] == 0
    assert spans[-1][1] is None
    assert [high + 1 for _, high in spans[:-1]] == [low for low, _ in spans[1:]]
    assert [price_band(Money(low)) for low, _ in spans] == list(range(len(spans)))


def test_a_card_names_the_maker_only_while_she_allows_it(app, noon):
    workshop = a_workshop(slug="cizhu", station_id=a_room(CIZHU))
    maker = a_member(workshop_id=workshop, consents=(ConsentPurpose.NAME,))
    a_product(now=noon, workshop_id=workshop, maker_id=maker)

    assert lists.of_workshop("cizhu", now=noon)[0][0].maker_name == "王秀兰"
    stations.withdraw_consent(member_id=maker, purpose=ConsentPurpose.NAME, actor=SYSTEM, now=noon)
    assert lists.of_workshop("cizhu", now=noon)[0][0].maker_name is None


# What a list costs SQLite, by its own count, the same on every machine. Source: speed.md P12, S1.
MOST_STEPS = {
    Wish(): 2000,
    Wish(category="footwear"): 2000,
    Wish(category="footwear", sort=Sort.PRICE): 2100,
    Wish(sort=Sort.LOVED): 2000,
    Wish(craft="crochet", category="home"): 160_000,
    Wish(low=3000, high=5999, supply="ready"): 160_000,
    Wish(workshop=f"w-{PLACES[0]}", material="ramie", supply="made"): 160_000,
}


def steps_of(act):
    """Return how many steps of its machine SQLite takes for ``act``, and in how many statements."""
    connection = db.session.connection().connection.driver_connection
    counted, said = [0], []
    connection.set_progress_handler(lambda: counted.__setitem__(0, counted[0] + 1), 1)
    note = lambda c, cur, statement, *rest: said.append(statement)  # noqa: E731 - kept to be removed
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
        connection.set_progress_handler(None, 0)
    return counted[0], len(said)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_list_costs_the_same_at_any_size(app, noon):

    def costs():
        db.session.rollback()
        measured = {}
        for wish in MOST_STEPS:
            column, _ = ORDERS[wish.sort]
            middle = db.session.execute(
                sa.text(f"SELECT {column}, product_id FROM offers ORDER BY 1, 2 LIMIT 1 OFFSET 99")
            ).one()
            for mark in (None, Mark(*middle)):
                lists.goods(wish, now=noon, mark=mark)
                measured[wish, mark is None] = steps_of(
                    lambda w=wish, m=mark: lists.goods(w, now=noon, mark=m)
                )
        return measured

    many_products(600, now=noon, ready=("free",))
    small = costs()
    with transaction() as session:
        for table in ("offer_totals", "offer_terms", "offers", "product_terms", "price_sheets"):
            session.execute(sa.text(f"DELETE FROM {table}"))
        session.execute(sa.text("DELETE FROM variants"))
        session.execute(sa.text("DELETE FROM index_goods"))
        session.execute(sa.text("DELETE FROM products"))
    many_products(6000, now=noon, ready=("free",))
    large = costs()
    for (wish, is_first), (steps, statements) in large.items():
        assert statements <= 4, wish
        assert steps <= MOST_STEPS[wish], (wish, steps)
        if wish.chosen <= {"category"}:
            assert steps <= 1.1 * small[wish, is_first][0], (wish, small[wish, is_first], steps)
