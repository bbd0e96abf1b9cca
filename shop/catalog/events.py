"""What happened to listings and prices."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ShelfAdded(Event):
    """The shop has one more shelf; no history keeps it."""

    category_id: int


@dataclass(frozen=True, slots=True)
class ProductListed(Event):
    """A product came on public sale."""

    product_id: int


@dataclass(frozen=True, slots=True)
class ProductHidden(Event):
    """A product left public sale, for a while or for good; ``state`` says which."""

    product_id: int
    state: str


@dataclass(frozen=True, slots=True)
class PriceProposed(Event):
    """Somebody wrote a new price sheet; a second person must approve it."""

    product_id: int
    price_sheet_id: int


@dataclass(frozen=True, slots=True)
class PriceApproved(Event):
    """The second person approved a price sheet; it is frozen and in force."""

    product_id: int
    price_sheet_id: int


@dataclass(frozen=True, slots=True)
class TextsChanged(Event):
    """Somebody changed what a listing says."""

    product_id: int


@dataclass(frozen=True, slots=True)
class VariantsAdded(Event):
    """A listing got new sizes or colors."""

    product_id: int


@dataclass(frozen=True, slots=True)
class SizeOffered(Event):
    """A size and color of a listing is offered to buyers, or not any more."""

    product_id: int
    variant_id: int
    is_offered: bool


@dataclass(frozen=True, slots=True)
class PhotosChanged(Event):
    """A picture came to a listing, changed its words or its place, or left it."""

    product_id: int


@dataclass(frozen=True, slots=True)
class ProductSorted(Event):
    """Somebody said what kind of goods a product is, of what it is and how it is made."""

    product_id: int


@dataclass(frozen=True, slots=True)
class AddressChanged(Event):
    """A listing moved to another address; the one it had leads there."""

    product_id: int
