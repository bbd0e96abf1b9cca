"""What crawlers and telephones ask for: robots, sitemaps and the manifest of the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from flask import Response, jsonify, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.bookings import queries as bookings
from shop.catalog import window
from shop.kernel.errors import NotFound
from shop.stations import queries as stations
from shop.web.access import now, public
from shop.web.addresses import absolute, in_languages
from shop.web.filters import html_lang, static_url
from shop.web.storefront.door import blueprint

NOT_FOR_CRAWLERS = (
    "/cart",
    "/favorites",
    "/goods/*/poster.jpg",
    "/checkout",
    "/orders",
    "/review/",
    "/bookings",
    "/desk",
    "/member",
    "/counter",
)
FIXED_PAGES = ("/", "/goods", "/workshops", "/experiences", "/rules")
# The protocol of sitemaps allows that many addresses in one file.
MOST_ADDRESSES = 50_000
ICONS = (("192", 192, "any"), ("512", 512, "any"), ("maskable-512", 512, "maskable"))
AN_HOUR = "public, max-age=3600"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)


@blueprint.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Tell crawlers what is theirs to read and where the list of it lies."""
    closed = "".join(f"Disallow: {path}\n" for path in NOT_FOR_CRAWLERS)
    return _kept(
        Response(
            f"User-agent: *\n{closed}\nSitemap: {absolute('/sitemap.xml')}\n", mimetype="text/plain"
        )
    )


@blueprint.get("/sitemap.xml")
@public
def sitemap_index() -> ResponseReturnValue:
    """Name the sitemaps: one of pages, and one for every 50,000 numbers of goods."""
    files = ["/sitemaps/pages.xml"]
    files += [
        f"/sitemaps/goods-{number}.xml"
        for number in range(window.newest_product_id() // MOST_ADDRESSES + 1)
    ]
    named = "".join(f"<sitemap><loc>{escape(absolute(file))}</loc></sitemap>\n" for file in files)
    return _kept(
        Response(
            f"{_HEAD}<sitemapindex {_NAMES}>\n{named}</sitemapindex>\n", mimetype="application/xml"
        )
    )


@blueprint.get("/sitemaps/pages.xml")
@public
def sitemap_pages() -> ResponseReturnValue:
    """List everything but goods."""
    paths = [*FIXED_PAGES]
    paths += [f"/workshops/{one.slug}" for one in stations.workshops_public()]
    paths += [f"/experiences/{one.slug}" for one in bookings.experiences_public(now())]
    return _kept(_url_set(paths))


@blueprint.get("/sitemaps/goods-<int:number>.xml")
@public
def sitemap_goods(number: int) -> ResponseReturnValue:
    """List the goods on public sale whose numbers fall into one sitemap; written as it is read."""
    first = number * MOST_ADDRESSES
    if first > window.newest_product_id():
        raise NotFound(what=f"sitemap:{number}")
    slugs = window.slugs_on_sale(first_id=first, past_id=first + MOST_ADDRESSES)
    return _kept(_url_set(f"/goods/{slug}" for slug in slugs))


def _url_set(paths: Iterable[str]) -> Response:
    return Response(stream_with_context(_lines_of(paths)), mimetype="application/xml")


def _lines_of(paths: Iterable[str]) -> Iterator[str]:
    yield f"{_HEAD}<urlset {_NAMES}>\n"
    for path in paths:
        alternates = "".join(
            f'<xhtml:link rel="alternate" hreflang="{lang}" href="{escape(address)}"/>'
            for lang, address in in_languages(path)
        )
        yield f"<url><loc>{escape(absolute(path))}</loc>{alternates}</url>\n"
    yield "</urlset>\n"


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> ResponseReturnValue:
    """Describe the site to a telephone that keeps it on its first screen."""
    response = jsonify(
        name="灯梁 Dengliang",
        short_name="灯梁",
        description=str(_("Goods woven by the women of the mountain villages")),
        lang=html_lang(),
        start_url="/",
        scope="/",
        display="minimal-ui",
        background_color="#f8f4ec",
        theme_color="#263a68",
        icons=[
            {
                "src": static_url(f"img/icon-{name}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in ICONS
        ],
    )
    response.mimetype = "application/manifest+json"
    return _kept(response)


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = AN_HOUR
    return response
