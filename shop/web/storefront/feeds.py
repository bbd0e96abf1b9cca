"""Feeds: all that can be bought, for shopping sites, and what is new, for readers of news."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from email.utils import format_datetime
from xml.sax.saxutils import escape

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.freshness import GOODS, WORKSHOPS
from shop.kernel import freshness
from shop.kernel.clock import business_day
from shop.kernel.money import Money
from shop.web.access import now, public
from shop.web.addresses import absolute
from shop.web.art import art_url
from shop.web.filters import html_lang, localized
from shop.web.kept_pages import kept
from shop.web.pictures import picture_url
from shop.web.storefront.door import blueprint
from shop.workflows import catalog_feed
from shop.workflows.catalog_feed import FeedGoods, FeedItem, NewGoods

A_QUARTER = "public, max-age=900, stale-while-revalidate=3600"
RSS = "application/rss+xml"
# Pixels: shopping sites ask for 800 or more.
WIDE = 1080
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What XML cannot hold, whoever typed it.
_UNHOLDABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@blueprint.get("/feeds/products.xml")
@public
def product_feed() -> ResponseReturnValue:
    """Name every size and color on public sale; written as it is read, and only if it has changed.

    Too long to be kept whole: what stands behind it is asked for its version instead.
    """
    stands = freshness.standing((GOODS, WORKSHOPS), now=now(), begun=freshness.snapshot())
    response = Response(
        stream_with_context(_products(catalog_feed.items(now=now()))), mimetype="application/xml"
    )
    response.set_etag(_digest(stands, business_day(now()), html_lang()), weak=True)
    response.headers["Cache-Control"] = A_QUARTER
    return response.make_conditional(request)


@blueprint.get("/feeds/new.xml")
@public
@kept(GOODS, WORKSHOPS)
def new_feed() -> ResponseReturnValue:
    """Name the goods that came on sale last."""
    return Response(_news(catalog_feed.newest()), mimetype=RSS)


def _digest(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def _text(text: str) -> str:
    return escape(_UNHOLDABLE.sub("", text))


def _address(path: str) -> str:
    return absolute(path, lang="en" if html_lang() == "en" else "zh")


def _channel(title: str, path: str, *, names: str) -> str:
    return (
        f'{_HEAD}<rss version="2.0" {names}>\n<channel>\n<title>{_text(title)}</title>\n'
        f"<link>{escape(_address('/'))}</link>\n"
        f"<description>{_text(_('Goods woven by the women of the mountain villages'))}"
        f"</description>\n<language>{html_lang()}</language>\n"
        f'<atom:link rel="self" type="{RSS}" href="{escape(_address(path))}"/>\n'
    )


_FOOT = "</channel>\n</rss>\n"
_ATOM = 'xmlns:atom="http://www.w3.org/2005/Atom"'
_GOOGLE = f'xmlns:g="http://base.google.com/ns/1.0" {_ATOM}'


def _products(items: Iterable[FeedItem]) -> Iterator[str]:
    yield _channel("灯梁 Dengliang", "/feeds/products.xml", names=_GOOGLE)
    for item in items:
        yield _product(item)
    yield _FOOT


def _price(amount: Money) -> str:
    return f"{amount.figures} {amount.currency}"


def _product(item: FeedItem) -> str:
    goods, piece = item.of.goods, item.piece
    choice = [piece.size, localized(piece, "color")]
    title = " · ".join(filter(None, (localized(item.of, "title"), *choice)))
    fields = {
        "g:id": piece.public_id,
        "title": title[:150],
        "description": (localized(item.of, "summary") or title)[:5000],
        "link": _address(f"/goods/{goods.slug}"),
        "g:image_link": _picture(item.of),
        "g:availability": item.availability.value,
        "g:availability_date": f"{item.ready_on}T00:00+08:00" if item.ready_on else "",
        "g:price": _price(item.price),
        "g:condition": "new",
        "g:brand": localized(item.of.workshop, "name"),
        "g:mpn": piece.sku,
        "g:identifier_exists": "no",
        "g:item_group_id": "" if item.is_only else goods.public_id,
        "g:product_type": localized(item.of.shelf, "name") if item.of.shelf else "",
        "g:size": piece.size,
        "g:color": localized(piece, "color"),
        "g:material": localized(item.of, "material"),
    }
    said = "".join(f"<{name}>{_text(text)}</{name}>\n" for name, text in fields.items() if text)
    return f"<item>\n{said}</item>\n"


def _picture(of: FeedGoods) -> str:
    """Return the picture of goods; without a photograph, the drawing or the cloth of their code."""
    goods = of.goods
    if of.photo is not None:
        return absolute(picture_url(of.photo, WIDE))
    return absolute(art_url(goods.drawing or f"weave-{goods.craft}-{goods.code}"))


def _news(new: Iterable[NewGoods]) -> str:
    title = f"灯梁 Dengliang · {_('New goods')}"
    rows = [_channel(title, "/feeds/new.xml", names=_ATOM)]
    for one in new:
        address = _address(f"/goods/{one.of.goods.slug}")
        summary = localized(one.of, "summary") or localized(one.of, "title")
        rows.append(
            f"<item>\n<title>{_text(localized(one.of, 'title'))}</title>\n"
            f"<link>{escape(address)}</link>\n"
            f'<guid isPermaLink="false">{_text(one.of.goods.public_id)}</guid>\n'
            f"<pubDate>{format_datetime(one.listed_at)}</pubDate>\n"
            f"<description>{_text(summary)}</description>\n"
            f"<category>{_text(localized(one.of.workshop, 'name'))}</category>\n</item>\n"
        )
    return "".join([*rows, _FOOT])
