"""Take the goods of a part of the tree out as a file: in our own columns, or in another shop's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.catalog import standing as standing_goods
from shop.catalog import window
from shop.catalog.rules import ListingState, Quality, Supply, TermKind
from shop.catalog.standing import TEXTS, StandingGoods, StandingPiece
from shop.exchange.files.columns import NAMES, PARTS, joined
from shop.exchange.files.plain_text import to_html
from shop.exchange.rules import yuan_of
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.media import queries as pictures
from shop.media.queries import PictureView
from shop.media.rules import Subject
from shop.stations import queries as stations

AT_ONCE = 200


class Shape(StrEnum):
    """Whose columns the rows have."""

    OWN = "own"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"


AddressOf = Callable[[PictureView], str]
"""Return the absolute address of a picture."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What goods refer to, by their own names: never more than codes and public words."""

    workshops: Mapping[int, str]
    sellers: Mapping[int, str]
    makers: Mapping[int, str]
    shelves: Mapping[str, str]
    terms: Mapping[str, frozenset[str]]
    covers: Mapping[int, PictureView]
    address_of: AddressOf
    is_english: bool

    def cover(self, one: StandingGoods) -> tuple[str, str]:
        """Return address and words of the first picture; nothing where there is none."""
        cover = self.covers.get(one.product_id)
        if cover is None:
            return "", ""
        return self.address_of(cover), (cover.alt_en if self.is_english else "") or cover.alt

    def said(self, one: StandingGoods, name: str) -> str:
        """Return a text in the reader's language, the other one where it is missing."""
        first, second = (f"{name}_en", name) if self.is_english else (name, f"{name}_en")
        return one.text(first) or one.text(second)


def rows(
    *,
    scope: Scope,
    shape: Shape,
    address_of: AddressOf,
    workshop_id: int | None = None,
    is_english: bool = False,
) -> Iterator[list[str]]:
    """Yield the head line and the rows of the goods inside a scope; memory stays flat.

    shape         our own columns hold both languages; those of other shops hold the reader's.
    address_of    where another shop finds a picture; our own columns name pictures instead.
    is_english    the reader's language, for the columns of other shops.

    Second-grade pieces stay out: inspection makes them, and no file changes them. Makers are codes.
    """
    head, of_goods = _SHAPES[shape]
    yield list(head)
    words = standing_goods.vocabulary()
    terms = {
        "materials": frozenset(one.slug for one in words if one.kind is TermKind.MATERIAL),
        "crafts": frozenset(one.slug for one in words if one.kind is TermKind.CRAFT),
    }
    shelves = {one.slug: one.name_en if is_english else one.name for one in window.categories()}
    last = 0
    while ids := standing_goods.ids_in_scope(
        scope, workshop_id=workshop_id, after=last, most=AT_ONCE
    ):
        some = list(standing_goods.standing(ids).values())
        around = _around(some, shelves, terms, address_of, is_english=is_english)
        for one in some:
            pieces = [piece for piece in one.pieces if piece.quality is Quality.FIRST]
            for cells in of_goods(one, pieces, around):
                yield [cells.get(name, "") for name in head]
        last = ids[-1]
        db.session.rollback()  # a slow reader holds no snapshot of the database open


def _around(
    some: Sequence[StandingGoods],
    shelves: Mapping[str, str],
    terms: Mapping[str, frozenset[str]],
    address_of: AddressOf,
    *,
    is_english: bool,
) -> _Around:
    workshops = stations.workshops_by_id(one.workshop_id for one in some)
    makers = stations.members_by_id(one.maker_id for one in some if one.maker_id is not None)
    return _Around(
        workshops={key: one.slug for key, one in workshops.items()},
        sellers={key: one.seller_name or one.name for key, one in workshops.items()},
        makers={key: one.code for key, one in makers.items()},
        shelves=shelves,
        terms=terms,
        covers=pictures.covers(Subject.PRODUCT, [one.product_id for one in some]),
        address_of=address_of,
        is_english=is_english,
    )


Cells = dict[str, str]


def _own(one: StandingGoods, pieces: Sequence[StandingPiece], around: _Around) -> Iterator[Cells]:
    goods = {
        **dict(zip(TEXTS, (text or "" for text in one.texts), strict=True)),
        "category": one.category or "",
        **{
            column: joined(term for term in one.terms if term in words)
            for column, words in around.terms.items()
        },
        "craft": one.craft,
        "supply": one.supply.value,
        "maker": around.makers.get(one.maker_id or 0, ""),
        "pay_lane": one.pay_lane.value,
        "share_percent": str(one.share_percent or ""),
        "minutes": str(one.minutes or ""),
        "photos": joined(f"{picture.public_id}.jpg" for picture in one.pictures),
        "workshop": around.workshops[one.workshop_id],
        "state": one.state.value,
    }
    if one.sheet is not None:
        goods |= {
            "currency": "CNY",
            "price": yuan_of(one.sheet.price.minor),
            "price_state": "waiting" if one.is_sheet_waiting else "approved",
        }
        goods |= {
            name: yuan_of(part.minor) for name, part in zip(PARTS, one.sheet.parts, strict=True)
        }
    for place, piece in enumerate(pieces or (None,)):
        cells = {"code": one.code} | (goods if place == 0 else {})
        if piece is not None:
            own = piece.price_minor if piece.price_minor not in {0, one.price_minor} else None
            cells |= {
                "sku": piece.sku,
                "size": piece.size,
                "color": piece.color,
                "color_en": piece.color_en or "",
                "own_price": "" if own is None else yuan_of(own),
                "for_sale": "yes" if piece.is_for_sale else "no",
            }
            if own is not None and "currency" not in cells:
                cells["currency"] = "CNY"
        yield cells


def _asked(one: StandingGoods, piece: StandingPiece) -> str:
    """Return what a piece costs: its price, or the proposed one before any is approved."""
    minor = piece.price_minor or one.price_minor
    if not minor and one.sheet is not None:
        minor = one.sheet.price.minor
    return yuan_of(minor) if minor else ""


def _options(pieces: Sequence[StandingPiece], around: _Around) -> list[tuple[str, list[str]]]:
    """Return the options that the pieces differ by: name, and one value for each piece."""
    sizes = [piece.size for piece in pieces]
    colors = [
        (piece.color_en if around.is_english else "") or piece.color or piece.color_en or ""
        for piece in pieces
    ]
    names = ("Size", "Color") if around.is_english else ("尺码", "颜色")
    return [
        (name, values) for name, values in zip(names, (sizes, colors), strict=True) if any(values)
    ]


_SHOPIFY = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Variant SKU",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "Status",
)


def _shopify(
    one: StandingGoods, pieces: Sequence[StandingPiece], around: _Around
) -> Iterator[Cells]:
    is_listed = one.state is ListingState.ON_SALE
    options = _options(pieces, around) or [("Title", ["Default Title"] * len(pieces))]
    for place, piece in enumerate(pieces):
        cells = {
            "Handle": one.slug,
            "Variant SKU": piece.sku,
            "Variant Inventory Policy": "deny" if one.supply is Supply.IN_STOCK else "continue",
            "Variant Fulfillment Service": "manual",
            "Variant Price": _asked(one, piece),
            "Variant Requires Shipping": "true",
            "Variant Taxable": "true",
        }
        for number, (name, values) in enumerate(options, start=1):
            cells[f"Option{number} Name"] = name if place == 0 else ""
            cells[f"Option{number} Value"] = values[place]
        if place == 0:
            address, words = around.cover(one)
            cells |= {
                "Image Src": address,
                "Image Position": "1" if address else "",
                "Image Alt Text": words,
                "Title": around.said(one, "title"),
                "Body (HTML)": to_html(around.said(one, "summary")),
                "Vendor": around.sellers[one.workshop_id],
                "Type": around.shelves.get(one.category or "", ""),
                "Published": "true" if is_listed else "false",
                "Gift Card": "false",
                "Status": "active" if is_listed else "draft",
            }
        yield cells


_WOO = (
    "ID",
    "Type",
    "SKU",
    "Name",
    "Published",
    "Is featured?",
    "Visibility in catalog",
    "Short description",
    "Description",
    "Tax status",
    "In stock?",
    "Backorders allowed?",
    "Sold individually?",
    "Sale price",
    "Regular price",
    "Categories",
    "Images",
    "Parent",
    "Position",
    "Attribute 1 name",
    "Attribute 1 value(s)",
    "Attribute 1 visible",
    "Attribute 1 global",
    "Attribute 2 name",
    "Attribute 2 value(s)",
    "Attribute 2 visible",
    "Attribute 2 global",
)


def _woocommerce(
    one: StandingGoods, pieces: Sequence[StandingPiece], around: _Around
) -> Iterator[Cells]:
    always = {
        "Published": "1" if one.state is ListingState.ON_SALE else "0",
        "Is featured?": "0",
        "Tax status": "taxable",
        "In stock?": "1",
        "Backorders allowed?": "0" if one.supply is Supply.IN_STOCK else "1",
        "Sold individually?": "0",
    }
    goods = always | {
        "Name": around.said(one, "title"),
        "Visibility in catalog": "visible",
        "Description": to_html(around.said(one, "summary")),
        "Images": around.cover(one)[0],
        "Categories": around.shelves.get(one.category or "", ""),
    }
    options = _options(pieces, around)
    if len(pieces) == 1:
        (piece,) = pieces
        yield goods | {
            "Type": "simple",
            "SKU": piece.sku,
            "Regular price": _asked(one, piece),
            **_attributes([(name, values[0]) for name, values in options]),
        }
        return
    # A parent has a SKU of its own there; a piece may have taken our code for it.
    parent = one.slug if any(piece.sku == one.code for piece in pieces) else one.code
    every = [(name, ", ".join(dict.fromkeys(filter(None, values)))) for name, values in options]
    yield goods | {"Type": "variable", "SKU": parent, **_attributes(every)}
    for place, piece in enumerate(pieces):
        yield always | {
            "Type": "variation",
            "SKU": piece.sku,
            "Name": around.said(one, "title"),
            "Visibility in catalog": "visible",
            "Regular price": _asked(one, piece),
            "Parent": parent,
            "Position": str(place),
            **_attributes([(name, values[place]) for name, values in options]),
        }


def _attributes(options: Iterable[tuple[str, str]]) -> Cells:
    cells: Cells = {}
    for number, (name, value) in enumerate(options, start=1):
        cells |= {
            f"Attribute {number} name": name,
            f"Attribute {number} value(s)": value,
            f"Attribute {number} visible": "1",
            f"Attribute {number} global": "0",
        }
    return cells


_Shaper = Callable[[StandingGoods, Sequence[StandingPiece], _Around], Iterator[Cells]]
_SHAPES: dict[Shape, tuple[Sequence[str], _Shaper]] = {
    Shape.OWN: (NAMES, _own),
    Shape.SHOPIFY: (_SHOPIFY, _shopify),
    Shape.WOOCOMMERCE: (_WOO, _woocommerce),
}
