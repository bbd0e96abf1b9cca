"""Search over goods, workshops and experiences, and what is offered while one types."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from shop.catalog import lists, window
from shop.catalog.lists import Sort, Wish
from shop.freshness import EXPERIENCES, GOODS, WORKSHOPS
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.kernel.paging import key_of
from shop.search import queries as searching
from shop.search.queries import EntryView
from shop.search.rules import LONGEST_QUERY, EntryKind
from shop.web.access import now, public
from shop.web.kept_pages import kept
from shop.web.limits import limiter
from shop.web.storefront.door import blueprint

AT_ONCE = 24
MOST_OFFERED_INSTEAD = 8


def _typed() -> str:
    return request.args.get("q", "").strip()[:LONGEST_QUERY]


@blueprint.get("/search")
@public
@kept(GOODS, EXPERIENCES, WORKSHOPS, asks=("q", "page"))
def search() -> str:
    """Find what fits, goods the best first; where nothing does, what comes near."""
    q = _typed()
    page = key_of(request.args.get("page", "1"))
    found = searching.find(q)
    pages = max(1, -(-len(found.ids) // AT_ONCE))
    if not 1 <= page <= pages:
        raise NotFound(what="page")
    return render_template(
        "storefront/search.html",
        q=q,
        found=found,
        cards=window.cards_ranked(found.ids, found.ranks, now=now(), page=page, most=AT_ONCE),
        workshops=found.entries_of(EntryKind.WORKSHOP),
        experiences=[(one, _lowest(one)) for one in found.entries_of(EntryKind.EXPERIENCE)],
        shelves=found.entries_of(EntryKind.SHELF),
        other_shelves=window.categories() if found.is_empty else [],
        others=_others() if found.is_empty else (),
        page=page,
        pages=pages,
    )


def _others() -> tuple[window.Card, ...]:
    return lists.goods(Wish(sort=Sort.LOVED), now=now(), most=MOST_OFFERED_INSTEAD).cards


def _lowest(experience: EntryView) -> Money:
    return Money(min(experience.shown["adult"], experience.shown["child"]))


@blueprint.get("/search/suggest")
@public
@limiter.limit("240 per minute")
def suggest() -> ResponseReturnValue:
    """Answer with a few lines of HTML: what the beginning of a query may become."""
    found = searching.suggest(_typed())
    lines = render_template(
        "storefront/suggest.html", goods=window.names_of(found.ids), entries=found.entries
    )
    # The same for everybody: whoever types a word again within a minute does not ask again.
    return lines, {"Cache-Control": "public, max-age=60"}
