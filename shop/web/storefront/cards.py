"""Cards of goods in the page's words: worked out here once, so that a card is one small macro."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from markupsafe import Markup

from shop.catalog.rules import Supply
from shop.catalog.window import Card
from shop.reviews.rules import average_tenths
from shop.web.art import art_url
from shop.web.filters import locale_name
from shop.web.pictures import picture_sources, picture_srcset, picture_url
from shop.web.storefront.door import blueprint

# How wide the picture of a card stands, and the widest copy worth sending for that.
SIZES = "(min-width: 64rem) 16rem, (min-width: 48rem) 30vw, 46vw"
WIDEST = 1080


class CardSaid(NamedTuple):
    """What one card says, in the order in which its macro takes it."""

    href: str
    title: str
    fen: int
    by: str
    village: str
    state: str
    words: str
    image: str
    srcset: str
    alt: str
    sources: str
    focus: str
    tint: str
    rating: str
    product: str


@lru_cache
def _words(_locale: str) -> tuple[str, dict[str, str]]:
    """Return what every card may say, looked up once for each language."""
    return str(_("%(stars)s · %(count)s buyers")), {
        "ready": str(_("Ready now")),
        "made": str(_("Made to order")),
        "out": str(_("Sold out just now")),
    }


@lru_cache(maxsize=4096)
def card_price(fen: int) -> Markup:
    """Return a price as the component ``money`` writes it: a list has dozens, few differ."""
    yuan, rest = divmod(fen, 100)
    return Markup(  # noqa: S704 - made of numbers
        f'<data class="money money-m money-price" value="{yuan}.{rest:02d}">'
        f'<span class="money-sign">¥</span>{yuan:,}.{rest:02d}</data>'
    )


def said(cards: Iterable[Card]) -> Iterator[CardSaid]:
    """Yield cards in the language of the page."""
    locale = locale_name()
    is_english = locale == "en"
    rated, words = _words(locale)
    for card in cards:
        title = (card.title_en or card.title) if is_english else card.title
        name, name_en = (
            (card.maker_name, card.maker_name_en)
            if card.maker_name
            else (card.workshop_name, card.workshop_name_en)
        )
        state = "ready" if card.is_ready else "out" if card.supply == Supply.IN_STOCK else "made"
        alt = (card.photo_alt_en or card.photo_alt) if is_english else card.photo_alt
        photo = card.photo
        yield CardSaid(
            href=f"/goods/{card.slug}",
            title=title,
            fen=card.price_minor,
            by=(name_en or name or "") if is_english else name or "",
            village=(card.village_en or card.village) if is_english else card.village,
            state=state,
            words=words[state],
            image=picture_url(photo, WIDEST // 2)
            if photo
            else art_url(card.drawing or f"weave-{card.craft or 'plain'}-{card.code}"),
            srcset=picture_srcset(photo, "jpg", WIDEST) if photo else "",
            alt=alt or title,
            sources=picture_sources(photo, SIZES, WIDEST) if photo else "",
            focus=photo.focus if photo else "",
            tint=photo.tint if photo else "",
            rating=_rating(card, rated),
            product=card.public_id,
        )


def _rating(card: Card, words: str) -> str:
    tenths = average_tenths(card.rating_sum, card.rating_count)
    if tenths is None:
        return ""
    return words % {"stars": f"{tenths // 10}.{tenths % 10}", "count": card.rating_count}


@blueprint.record_once
def furnish(state: BlueprintSetupState) -> None:
    """Give the window's templates the words of cards."""
    state.app.jinja_env.globals.update(cards_said=said, card_sizes=SIZES, card_price=card_price)
