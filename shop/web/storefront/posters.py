"""Pictures to pass on: a poster of one product with its code, and its picture as pixels."""

from __future__ import annotations

import dataclasses
import hashlib
import json

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.catalog.page import ProductPage
from shop.kernel.errors import NotFound
from shop.media.gateway import storage
from shop.media.rules import PUBLIC
from shop.posters.door import drawn
from shop.posters.words import Poster
from shop.web import art
from shop.web.access import now, public
from shop.web.addresses import absolute
from shop.web.filters import locale_name, localized, show_money
from shop.web.limits import limiter
from shop.web.pictures import picture_url
from shop.web.storefront.door import blueprint
from shop.workflows import showing

# Another look is another picture: raise it when drawing.py changes.
LOOK = 1
WIDEST = 1080


def poster_of(product: ProductPage) -> Poster:
    """Return the words of a poster in the page's language, with her name as she allows it now."""
    maker, is_english = product.maker, locale_name() == "en"
    name = localized(maker, "name") if maker is not None and maker.name else ""
    workshop = localized(product.workshop, "name")
    place = product.workshop.place_en if is_english else product.workshop.place
    path = f"/goods/{product.slug}"
    return Poster(
        title=localized(product, "title"),
        by=_("Woven by %(maker)s", maker=name) if name else workshop,
        place=", ".join(reversed(place)) if is_english else "".join(place),
        price=show_money(product.price),
        call=_("Scan to see whose hands it is from"),
        house="灯梁 Dengliang",
        address=absolute(path, lang="en") if is_english else absolute(path),
        focus=product.photos[0].focus if product.photos else "22",
    )


@blueprint.get("/goods/<string:slug>/poster.jpg")
@public
@limiter.limit("30 per minute")
def poster(slug: str) -> ResponseReturnValue:
    """Send the poster of a product."""
    product = showing.product(slug, now=now()).product
    return _picture(product, poster_of(product))


@blueprint.get("/goods/<string:slug>/picture.jpg")
@public
@limiter.limit("30 per minute")
def picture(slug: str) -> ResponseReturnValue:
    """Send the picture of a product that has no photograph, for those who read no drawings."""
    return _picture(showing.product(slug, now=now()).product, None)


def _picture(product: ProductPage, poster: Poster | None) -> Response:
    photo = next((one for one in product.photos), None)
    if photo is not None:
        source = picture_url(photo, WIDEST)
    else:
        source = art.art_url(product.drawing or f"weave-{product.craft or 'plain'}-{product.code}")
    said = [LOOK, source, dataclasses.asdict(poster) if poster is not None else None]
    key = hashlib.blake2b(json.dumps(said).encode(), digest_size=12).hexdigest()
    response = Response(mimetype="image/jpeg")
    response.set_etag(key)
    # A name may be withdrawn and a price may change: whoever shows it again asks first.
    response.headers["Cache-Control"] = "public, no-cache"
    if not request.if_none_match.contains(key):
        response.data = drawn(
            key,
            poster=poster,
            picture=lambda: _source(source, is_drawing=photo is None),
            is_drawing=photo is None,
        )
    response.make_conditional(request)
    return response


def _source(path: str, *, is_drawing: bool) -> bytes:
    if not is_drawing:
        return storage().get(f"{PUBLIC}/{path.removeprefix('/media/')}")
    svg = art.artwork(path.removeprefix("/art/").partition(".svg")[0])
    if svg is None:
        raise NotFound(what=path)
    return svg.encode()
