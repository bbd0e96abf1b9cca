"""What must hold of listings: approved prices, one workshop per product, a complete index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from shop.catalog import offers, queries
from shop.catalog.models import Offer, OfferTotal, Product
from shop.catalog.rules import ListingState
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.search import queries as search
from shop.search.rules import EntryKind

UNAPPROVED = """
SELECT 'product:' || p.id AS subject, 'is on sale without an approved price sheet' AS detail
FROM products p LEFT JOIN price_sheets s ON s.id = p.price_sheet_id AND s.product_id = p.id
WHERE p.state = 'on_sale' AND (s.id IS NULL OR s.approved_at IS NULL)
"""
OTHER_PRICE = """
SELECT 'product:' || p.id AS subject,
       'shows ' || p.price_minor || ' but its sheet says ' || s.price_minor AS detail
FROM products p JOIN price_sheets s ON s.id = p.price_sheet_id
WHERE p.price_minor <> s.price_minor
"""
STRAY = """
SELECT 'variant:' || v.id AS subject, 'belongs to another workshop than its product' AS detail
FROM variants v JOIN products p ON p.id = v.product_id
WHERE v.workshop_id <> p.workshop_id
UNION ALL
SELECT 'product:' || p.id, 'has a maker of another workshop'
FROM products p JOIN members m ON m.id = p.maker_id
WHERE m.workshop_id <> p.workshop_id
UNION ALL
SELECT 'product:' || p.id, 'stands at another station than its workshop'
FROM products p JOIN workshops w ON w.id = p.workshop_id
WHERE w.station_id <> p.station_id
UNION ALL
SELECT 'picture:' || i.id, 'shows no product, or stands at another station than its product'
FROM pictures i LEFT JOIN products p ON p.id = i.subject_id
WHERE i.subject = 'product' AND i.state <> 'removed'
  AND (p.id IS NULL OR p.station_id <> i.station_id)
"""


def _check(code: str, promise: str, query: str) -> Check:
    def run() -> Iterator[Finding]:
        for row in db.session.execute(sa.text(query)):
            yield Finding(code, row.subject, row.detail)

    return Check(code, promise, run)


def _mirror() -> Iterator[Finding]:
    """Yield every offer that does not say what stands behind it, and every total that is off."""
    totals: Counter[offers.Key] = Counter()
    names: dict[tuple[str, str], tuple[str | None, str | None]] = {}
    ids = db.session.scalars(
        sa.union(
            sa.select(Product.id).where(Product.state == ListingState.ON_SALE),
            sa.select(Offer.product_id),
        )
    ).all()
    for some in offers.some_of(sorted(ids)):
        wanted, there = offers.mirrored(some), offers.standing(some)
        for product_id in some:
            ought, stands = wanted.get(product_id), there.get(product_id)
            if ought is not None:
                totals.update(ought.keys)
                names.update(ought.names)
            if ought is None or stands is None:
                detail = "is not on sale and in the lists" if stands else "is in no list"
                yield Finding("C1", f"product:{product_id}", detail)
            elif ought.columns != stands.columns or ought.terms != stands.terms:
                odd = [
                    name for name in ought.columns if ought.columns[name] != stands.columns[name]
                ]
                detail = f"lists differ in {', '.join(odd) or 'words'}"
                yield Finding("C1", f"product:{product_id}", detail)
    for row in db.session.execute(sa.select(OfferTotal.__table__)):
        key = (row.category, row.facet, row.value)
        ought_total = totals.pop(key, 0)
        if row.total != ought_total:
            detail = f"counts {row.total}, there are {ought_total}"
            yield Finding("C2", f"total:{'/'.join(key)}", detail)
        known = names.get(key[1:])
        if row.total and known and (known[0] or "", known[1]) != (row.name, row.name_en):
            yield Finding("C2", f"total:{'/'.join(key)}", f"is called {row.name}, not {known[0]}")
    for key, number in totals.items():
        yield Finding("C2", f"total:{'/'.join(key)}", f"counts nothing, there are {number}")


MOST = 100


def index_agrees() -> Iterator[Finding]:
    """Yield goods on sale that the index lacks or knows otherwise, and others that it knows."""
    found = 0
    after = 0
    while on_sale := queries.ids_on_sale(after=after):
        kept = search.kept_of(on_sale)
        for product_id in search.words_differ(queries.facts_for_search(on_sale), kept):
            yield Finding("F1", f"product:{product_id}", "is on sale, and the index says otherwise")
            found += 1
        for product_id in search.indexed_goods(after=after, until=on_sale[-1]):
            if product_id not in kept or product_id not in set(on_sale):
                yield Finding("F1", f"product:{product_id}", "is in the index, but not on sale")
                found += 1
        after = on_sale[-1]
        if found >= MOST:
            return
    for product_id in search.indexed_goods(after=after, until=None):
        yield Finding("F1", f"product:{product_id}", "is in the index, but not on sale")


def shelves_can_be_found() -> Iterator[Finding]:
    """Yield shelves that the index lacks or calls otherwise."""
    rows = db.session.execute(sa.text("SELECT id, name, name_en FROM categories"))
    shelves = {row.id: (row.name, row.name_en) for row in rows}
    yield from search.entries_differ(EntryKind.SHELF, shelves)


CHECKS: tuple[Check, ...] = (
    Check("C1", "lists show what is on sale as it is, and count it right", _mirror),
    _check("P5", "what is on sale has a price that a second person approved", UNAPPROVED),
    _check("P5", "a listing shows the price of its sheet", OTHER_PRICE),
    Check("F1", "the search index says what is on sale, word by word", index_agrees),
    Check("F2", "every shelf can be found by its name", shelves_can_be_found),
    _check("A2", "products, variants and makers belong to one workshop", STRAY),
)
