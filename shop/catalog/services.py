"""The verbs of the catalog: create, price with two people, list, pause, picture, import."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from shop.catalog import offers, queries
from shop.catalog.events import (
    AddressChanged,
    PhotosChanged,
    PriceApproved,
    PriceProposed,
    ProductHidden,
    ProductListed,
    ProductSorted,
    ShelfAdded,
    SizeOffered,
    TextsChanged,
    VariantsAdded,
)
from shop.catalog.models import (
    Category,
    OptionRow,
    PriceSheet,
    Product,
    ProductTerm,
    RetiredSlug,
    Term,
    Variant,
)
from shop.catalog.options import MOST_OPTIONS, BadOption, CustomOption, Extra, OptionKind
from shop.catalog.rules import (
    ListingState,
    PayLane,
    PriceSplit,
    Quality,
    Supply,
    TermKind,
    states_before,
)
from shop.kernel import events, freshness
from shop.kernel.access import Actor, Permission
from shop.kernel.db import UtcDateTime, db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound, ShopError
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.media import services as media
from shop.media.rules import NewPicture, Place, Subject, Words
from shop.search import services as search
from shop.search.rules import EntryKind, Facts
from shop.stations import queries as stations

LONGEST_SLUG = 100
LONGEST_SKU = 64
LONGEST_TITLE = 200
# Millimetres or grams: beyond it a number is a slip of the keyboard.
MOST_MEASURE = 100_000
_SLUG = re.compile(r"(?=.{3,100}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
SIBLING_SIGNS = {Quality.SECOND: "/2", Quality.TO_WISH: "/W"}


class TwoPeople(ShopError):
    """Whoever wrote the price sheet may not approve it. Source: domain.md 14.7."""

    code: ClassVar[str] = "catalog.two_people"
    status: ClassVar[int] = 403


class AlreadyApproved(Conflict):
    """The price sheet is in force already, or a newer one is."""

    code: ClassVar[str] = "catalog.already_approved"


class NotListable(ShopError):
    """Something that every listing needs is missing; the subclasses say what."""

    code: ClassVar[str] = "catalog.not_listable"
    status: ClassVar[int] = 422


class VariantMissing(NotListable):
    """There is nothing to choose and count: a product needs at least one variant."""

    code: ClassVar[str] = "catalog.variant_missing"


class LabelMissing(NotListable):
    """Material or care is not written down. Source: domain.md 3 (label data), 7."""

    code: ClassVar[str] = "catalog.label_missing"


class SellerMissing(NotListable):
    """The workshop names no seller of record. Source: domain.md 7."""

    code: ClassVar[str] = "catalog.seller_missing"


class PriceMissing(NotListable):
    """Nobody has proposed a price yet."""

    code: ClassVar[str] = "catalog.price_missing"


class SlugTaken(Conflict):
    """Another product has, or once had, this address."""

    code: ClassVar[str] = "catalog.slug_taken"


class BadMeasure(InvalidInput):
    """A measure is negative or larger than a house."""

    code: ClassVar[str] = "catalog.bad_measure"


class BadSlug(InvalidInput):
    """An address is made of small Latin letters, digits and hyphens."""

    code: ClassVar[str] = "catalog.bad_slug"


class CodeTaken(Conflict):
    """Another product of the workshop has this code, or another variant this SKU."""

    code: ClassVar[str] = "catalog.code_taken"


class WrongListingState(Conflict):
    """The listing is not in a state from which it can become this."""

    code: ClassVar[str] = "catalog.wrong_state"


class WrongShare(InvalidInput):
    """A consignment share lies between 1 and 100 percent; a piece wage has none."""

    code: ClassVar[str] = "catalog.wrong_share"


@dataclass(frozen=True, slots=True)
class NewVariant:
    """One size and color to be sold; without a price of its own it costs what the product costs."""

    sku: str
    size: str = ""
    color: str = ""
    color_en: str | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class ProductTexts:
    """What a listing says, in both languages; None leaves a text as it is."""

    title: str | None = None
    title_en: str | None = None
    summary: str | None = None
    summary_en: str | None = None
    material: str | None = None
    material_en: str | None = None
    technique: str | None = None
    technique_en: str | None = None
    care: str | None = None
    care_en: str | None = None

    def given(self) -> dict[str, str]:
        """Return the texts that were given, by column."""
        return {
            field.name: value.strip()
            for field in fields(self)
            if (value := getattr(self, field.name)) is not None
        }


@dataclass(frozen=True, slots=True)
class _ProductRow:
    id: int
    workshop_id: int
    station_id: int
    state: ListingState
    price_minor: int
    price_sheet_id: int | None


def _product(product_id: int, permission: Permission, actor: Actor) -> _ProductRow:
    row = db.session.execute(
        sa.select(
            Product.id,
            Product.workshop_id,
            Product.station_id,
            Product.state,
            Product.price_minor,
            Product.price_sheet_id,
        ).where(Product.id == product_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"product:{product_id}")
    actor.require(permission, at=stations.path_of(row.station_id))
    return _ProductRow(*row)


def slug_from(text: str, *, code: str) -> str:
    """Return the part of an address made of a title and a code: small latin letters and digits."""
    plain = unicodedata.normalize("NFKD", f"{text} {code}").encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))[:LONGEST_SLUG].strip("-")


def _free_slug(wanted: str, own_id: str) -> str:
    wanted = wanted or own_id.replace("_", "-").lower()
    # An address that once led somewhere is not given away: links to it are still about.
    taken = set(
        db.session.scalars(
            sa.union_all(
                sa.select(Product.slug).where(Product.slug.startswith(wanted, autoescape=True)),
                sa.select(RetiredSlug.slug).where(
                    RetiredSlug.slug.startswith(wanted, autoescape=True)
                ),
            )
        )
    )
    if wanted not in taken:
        return wanted
    return next(s for n in range(2, len(taken) + 3) if (s := f"{wanted}-{n}") not in taken)


@transactional
def add_category(*, slug: str, name: str, name_en: str, position: int) -> int:
    """Return the category with this slug, newly made or there already; safe to repeat."""
    known = db.session.scalar(sa.select(Category.id).where(Category.slug == slug))
    if known is not None:
        return known
    new: int = db.session.execute(
        sa.insert(Category).returning(Category.id),
        {"slug": slug, "name": name, "name_en": name_en, "position": position},
    ).scalar_one()
    _enter_shelf(new, slug, name, name_en)
    freshness.follow(ShelfAdded(new))
    return new


@transactional
def add_term(*, slug: str, kind: TermKind, name: str, name_en: str, position: int = 0) -> None:
    """Put a word into the vocabulary of materials and crafts, if it is not there; repeatable."""
    if db.session.get(Term, slug) is None:
        db.session.execute(
            sa.insert(Term),
            {"slug": slug, "kind": kind, "name": name, "name_en": name_en, "position": position},
        )


@transactional
def sort_product(
    *, product_id: int, category: str | None, terms: Sequence[str], actor: Actor, now: datetime
) -> None:
    """Say what kind of goods a product is, of what it is and how it is made; safe to repeat.

    category    slug, or None for no kind in particular.
    terms       slugs of the vocabulary; they take the place of the earlier ones.

    Raises OutOfReach, Forbidden, NotFound for an unknown product, category or word.
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    db.session.execute(
        sa.update(Product)
        .where(Product.id == product_id)
        .values(category_id=_category_id(category))
    )
    _set_terms(product_id, terms)
    events.record(ProductSorted(product_id), actor=actor, station_id=product.station_id, now=now)
    _reindex_if_public(product, now)


def _set_terms(product_id: int, terms: Sequence[str]) -> None:
    wanted = sorted(set(terms))
    known = set(db.session.scalars(sa.select(Term.slug).where(Term.slug.in_(wanted))))
    unknown = [term for term in wanted if term not in known]
    if unknown:
        raise NotFound(what=f"term:{unknown[0]}")
    db.session.execute(sa.delete(ProductTerm).where(ProductTerm.product_id == product_id))
    if wanted:
        db.session.execute(
            sa.insert(ProductTerm), [{"product_id": product_id, "term": term} for term in wanted]
        )


@transactional
def create_product(
    *,
    workshop_id: int,
    code: str,
    title: str,
    actor: Actor,
    now: datetime,
    slug: str | None = None,
    texts: ProductTexts | None = None,
    category: str | None = None,
    terms: Sequence[str] = (),
    craft: str = "",
    drawing: str | None = None,
    making_minutes: int = 0,
    supply: Supply = Supply.IN_STOCK,
    pay_lane: PayLane = PayLane.PIECE_WAGE,
    share_percent: int | None = None,
    maker_id: int | None = None,
) -> int:
    """Return the id of a new draft of the workshop.

    slug    what the address ends in; without one it is made of the English title and the code.
    terms   slugs of the vocabulary: of what it is and how it is made.
    craft   decides the colors of the cloth that is woven where there is no picture.
    making_minutes    minutes for one piece, from the time study.
    share_percent     1 to 100, the maker's share of the price; consignment only.

    Raises OutOfReach, Forbidden, CodeTaken, WrongShare, NotFound for an unknown workshop, maker,
    category or word.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(workshop.station_id))
    is_share_right = (
        share_percent is not None and 1 <= share_percent <= 100  # noqa: PLR2004 - percent
        if pay_lane is PayLane.CONSIGNMENT
        else share_percent is None
    )
    if not is_share_right:
        raise WrongShare
    if _code_is_taken(workshop_id, code):
        raise CodeTaken(code=code)
    if maker_id is not None and stations.member(maker_id).workshop_id != workshop_id:
        raise NotFound(what=f"member:{maker_id}")
    own_id = public_id("prd")
    given = (texts or ProductTexts()).given()
    product_id: int = db.session.execute(
        sa.insert(Product).returning(Product.id),
        {
            "public_id": own_id,
            "slug": _free_slug(
                slug_from(slug or given.get("title_en", ""), code="" if slug else code), own_id
            ),
            "code": code,
            "workshop_id": workshop_id,
            "station_id": workshop.station_id,
            "category_id": _category_id(category),
            "craft": craft,
            "drawing": drawing,
            "making_minutes": making_minutes,
            "supply": supply,
            "pay_lane": pay_lane,
            "share_percent": share_percent,
            "maker_id": maker_id,
            "state": ListingState.DRAFT,
            "price_minor": 0,
            "created_by_id": actor.user_id,
            "created_at": now,
            **given,
            "title": title.strip(),
        },
    ).scalar_one()
    if terms:
        _set_terms(product_id, terms)
    return product_id


def _code_is_taken(workshop_id: int, code: str) -> bool:
    return bool(
        db.session.scalar(
            sa.select(Product.id).where(Product.workshop_id == workshop_id, Product.code == code)
        )
    )


def _category_id(slug: str | None) -> int | None:
    if not slug:
        return None
    known = db.session.scalar(sa.select(Category.id).where(Category.slug == slug))
    if known is None:
        raise NotFound(what=f"category:{slug}")
    return known


@transactional
def add_variants(
    *, product_id: int, variants: Sequence[NewVariant], actor: Actor, now: datetime
) -> dict[str, int]:
    """Return the new variants' ids by SKU.

    Raises OutOfReach, Forbidden, NotFound, CodeTaken when a SKU or a size with color is there.
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    there = db.session.execute(
        sa.select(Variant.sku, Variant.size, Variant.color, Variant.product_id).where(
            Variant.workshop_id == product.workshop_id,
            sa.or_(Variant.product_id == product_id, Variant.sku.in_([v.sku for v in variants])),
        )
    ).all()
    skus = {row.sku for row in there}
    choices = {(row.size, row.color) for row in there if row.product_id == product_id}
    count = sum(row.product_id == product_id for row in there)
    for variant in variants:
        if variant.sku in skus or (variant.size, variant.color) in choices:
            raise CodeTaken(code=variant.sku)
        skus.add(variant.sku)
        choices.add((variant.size, variant.color))
    rows = db.session.execute(
        sa.insert(Variant).returning(Variant.sku, Variant.id),
        [
            {
                "public_id": public_id("var"),
                "product_id": product_id,
                "workshop_id": product.workshop_id,
                "sku": variant.sku,
                "size": variant.size,
                "color": variant.color,
                "color_en": variant.color_en,
                "quality": Quality.FIRST,
                "price_minor": product.price_minor
                if variant.price is None
                else variant.price.minor,
                "is_for_sale": True,
                "position": count + place,
            }
            for place, variant in enumerate(variants)
        ],
    ).all()
    events.record(VariantsAdded(product_id), actor=actor, station_id=product.station_id, now=now)
    _reindex_if_public(product, now)
    return {row.sku: row.id for row in rows}


@transactional
def offer_size(*, product_id: int, sku: str, is_offered: bool, actor: Actor, now: datetime) -> None:
    """Offer one size and color to buyers, or take it back; safe to repeat.

    Raises OutOfReach, Forbidden; NotFound for a size that the product has not got in first quality;
    PriceMissing for one without a price.
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    size = db.session.execute(
        sa.update(Variant)
        .where(
            Variant.product_id == product_id,
            Variant.sku == sku,
            Variant.quality == Quality.FIRST,
        )
        .values(is_for_sale=is_offered)
        .returning(Variant.id, Variant.price_minor)
    ).one_or_none()
    if size is None:
        raise NotFound(what=f"sku:{sku}")
    if is_offered and product.state is ListingState.ON_SALE and not size.price_minor:
        raise PriceMissing
    events.record(
        SizeOffered(product_id, size.id, is_offered),
        actor=actor,
        station_id=product.station_id,
        now=now,
    )
    _reindex_if_public(product, now)


@transactional
def propose_price(
    *,
    product_id: int,
    split: PriceSplit,
    actor: Actor,
    now: datetime,
    options: Sequence[CustomOption] = (),
) -> int:
    """Return the id of a new price sheet; it waits for a second person and changes nothing yet.

    options    what may be woven to a buyer's wish, all of them: they stand and fall with the sheet.

    Raises OutOfReach, Forbidden, NotFound, BadOption for too many or two with one key.
    Source: domain.md 14.7 (two people on every price).
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    version = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.max(PriceSheet.version), 0) + 1).where(
            PriceSheet.product_id == product_id
        )
    )
    sheet_id: int = db.session.execute(
        sa.insert(PriceSheet).returning(PriceSheet.id),
        {
            "product_id": product_id,
            "version": version,
            "price_minor": split.price.minor,
            "pay_minor": split.pay.minor,
            "material_minor": split.material.minor,
            "pack_minor": split.pack.minor,
            "fee_minor": split.fee.minor,
            "workshop_minor": split.workshop.minor,
            "rest_minor": split.rest.minor,
            "prepared_by_id": actor.user_id,
            "prepared_at": now,
        },
    ).scalar_one()
    _write_options(sheet_id, options)
    events.record(
        PriceProposed(product_id, sheet_id), actor=actor, station_id=product.station_id, now=now
    )
    return sheet_id


def _write_options(sheet_id: int, options: Sequence[CustomOption]) -> None:
    if len(options) > MOST_OPTIONS or len({one.key for one in options}) < len(options):
        raise BadOption(option=options[-1].label)
    rows = [
        {
            "price_sheet_id": sheet_id,
            "position": place,
            "key": option.key,
            "kind": option.kind,
            "label": option.label,
            "label_en": option.label_en,
            "most_letters": option.most_letters,
            "least_mm": option.least_mm,
            "most_mm": option.most_mm,
            "step_mm": option.step_mm,
            **answer,
        }
        for place, option in enumerate(options)
        for answer in _answers_of(option)
    ]
    if rows:
        db.session.execute(sa.insert(OptionRow), rows)


def _answers_of(option: CustomOption) -> list[dict[str, object]]:
    if option.kind is not OptionKind.CHOICE:
        return [{"code": "", "value": "", "value_en": None, **_extra_row(option.extra)}]
    return [
        {"code": one.code, "value": one.value, "value_en": one.value_en, **_extra_row(one.extra)}
        for one in option.choices
    ]


def _extra_row(extra: Extra) -> dict[str, int]:
    return {
        "minutes": extra.minutes,
        "price_minor": extra.price.minor,
        "pay_minor": extra.pay.minor,
        "material_minor": extra.material.minor,
        "workshop_minor": extra.workshop.minor,
    }


@transactional
def approve_price(*, sheet_id: int, actor: Actor, now: datetime) -> None:
    """Put a price sheet in force, as the second person; a listing that waited for it goes on sale.

    Variants that cost what the product cost cost the new price now; a variant with a price of its
    own keeps it. Orders already placed keep what they were placed at.

    Raises NotFound, OutOfReach, Forbidden, TwoPeople, AlreadyApproved (also when a newer sheet is
    in force).
    """
    sheet = db.session.execute(
        sa.select(PriceSheet.product_id, PriceSheet.prepared_by_id, PriceSheet.price_minor).where(
            PriceSheet.id == sheet_id
        )
    ).one_or_none()
    if sheet is None:
        raise NotFound(what=f"price_sheet:{sheet_id}")
    product = _product(sheet.product_id, Permission.APPROVE_PRICE, actor)
    if not actor.is_system and actor.user_id == sheet.prepared_by_id:
        raise TwoPeople
    if product.price_sheet_id is not None and product.price_sheet_id >= sheet_id:
        raise AlreadyApproved
    approved = db.session.execute(
        sa.update(PriceSheet)
        .where(PriceSheet.id == sheet_id, PriceSheet.approved_at.is_(None))
        .values(approved_by_id=actor.user_id, approved_at=now)
        .returning(PriceSheet.id)
    ).one_or_none()
    if approved is None:
        raise AlreadyApproved
    db.session.execute(
        sa.update(Variant)
        .where(
            Variant.product_id == product.id,
            Variant.quality == Quality.FIRST,
            Variant.price_minor == product.price_minor,
        )
        .values(price_minor=sheet.price_minor)
    )
    db.session.execute(
        sa.update(Product)
        .where(Product.id == product.id)
        .values(price_sheet_id=sheet_id, price_minor=sheet.price_minor, checked_by_id=actor.user_id)
    )
    events.record(
        PriceApproved(product.id, sheet_id), actor=actor, station_id=product.station_id, now=now
    )
    offers.touch([product.id], now=now)
    if product.state is ListingState.CHECKED:
        _put_on_sale(product, actor=actor, now=now)


@transactional
def list_product(*, product_id: int, actor: Actor, now: datetime) -> ListingState:
    """Return what became of the listing: on public sale at once when its price is approved.

    Without an approved price it is *checked* and goes on sale when the second person approves.

    Raises OutOfReach, Forbidden, NotFound, WrongListingState, VariantMissing, LabelMissing,
    SellerMissing, PriceMissing. Source: domain.md 3 (what a listing needs).
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    _require_complete(product)
    if product.price_sheet_id is None:
        _move(product, ListingState.CHECKED)
        return ListingState.CHECKED
    _put_on_sale(product, actor=actor, now=now)
    return ListingState.ON_SALE


def _require_complete(product: _ProductRow) -> None:
    row = db.session.execute(
        sa.select(
            Product.material,
            Product.care,
            sa.exists()
            .where(Variant.product_id == Product.id, Variant.is_for_sale)
            .label("has_variant"),
            sa.exists().where(PriceSheet.product_id == Product.id).label("has_sheet"),
        ).where(Product.id == product.id)
    ).one()
    if not row.has_variant:
        raise VariantMissing
    if not row.material or not row.care:
        raise LabelMissing
    if not stations.workshop(product.workshop_id).seller_name:
        raise SellerMissing
    if not row.has_sheet:
        raise PriceMissing


def _move(product: _ProductRow, state: ListingState, **values: object) -> None:
    moved = db.session.execute(
        sa.update(Product)
        .where(Product.id == product.id, Product.state.in_(states_before(state)))
        .values(state=state, **values)
        .returning(Product.id)
    ).one_or_none()
    if moved is None:
        raise WrongListingState(state=product.state.value)


def _put_on_sale(product: _ProductRow, *, actor: Actor, now: datetime) -> None:
    # The first day counts: a listing that rested does not come back as the newest.
    first = sa.func.coalesce(Product.on_sale_at, sa.literal(now, UtcDateTime()))
    _move(product, ListingState.ON_SALE, on_sale_at=first)
    _index([product.id])
    offers.touch([product.id], now=now)
    events.record(ProductListed(product.id), actor=actor, station_id=product.station_id, now=now)


def _hide(product_id: int, state: ListingState, actor: Actor, now: datetime) -> None:
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    _move(product, state)
    search.remove_goods([product_id])
    offers.touch([product_id], now=now)
    events.record(
        ProductHidden(product_id, state.value), actor=actor, station_id=product.station_id, now=now
    )


@transactional
def pause(*, product_id: int, actor: Actor, now: datetime) -> None:
    """Take a product off public sale for a while; placed orders go on.

    Raises OutOfReach, Forbidden, NotFound, WrongListingState.
    """
    _hide(product_id, ListingState.PAUSED, actor, now)


@transactional
def end(*, product_id: int, actor: Actor, now: datetime) -> None:
    """Take a product off public sale for good.

    Raises OutOfReach, Forbidden, NotFound, WrongListingState.
    """
    _hide(product_id, ListingState.ENDED, actor, now)


@transactional
def resume(*, product_id: int, actor: Actor, now: datetime) -> None:
    """Put a paused product back on public sale.

    Raises OutOfReach, Forbidden, NotFound, WrongListingState, and what ``list_product`` raises.
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    if product.state is not ListingState.PAUSED:
        raise WrongListingState(state=product.state.value)
    _require_complete(product)
    _put_on_sale(product, actor=actor, now=now)


@transactional
def update_texts(*, product_id: int, texts: ProductTexts, actor: Actor, now: datetime) -> None:
    """Change what a listing says; texts not given stay. The address stays too: see ``rename``.

    Raises OutOfReach, Forbidden, NotFound.
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    given = texts.given()
    if not given:
        return
    db.session.execute(sa.update(Product).where(Product.id == product_id).values(**given))
    events.record(TextsChanged(product_id), actor=actor, station_id=product.station_id, now=now)
    _reindex_if_public(product, now)


@transactional
def rename(*, product_id: int, slug: str, actor: Actor, now: datetime) -> None:
    """Give a product another address; the one it had leads to it for good. Safe to repeat.

    Raises OutOfReach, Forbidden, NotFound, BadSlug, SlugTaken.
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    if not _SLUG.fullmatch(slug):
        raise BadSlug(slug=slug[:40])
    before = db.session.scalar(sa.select(Product.slug).where(Product.id == product_id))
    if before == slug:
        return
    owner = db.session.scalar(
        sa.union_all(
            sa.select(Product.id).where(Product.slug == slug),
            sa.select(RetiredSlug.product_id).where(RetiredSlug.slug == slug),
        )
    )
    if owner not in {None, product_id}:
        raise SlugTaken(slug=slug)
    db.session.execute(sa.delete(RetiredSlug).where(RetiredSlug.slug == slug))
    db.session.execute(
        sa.insert(RetiredSlug), {"slug": before, "product_id": product_id, "retired_at": now}
    )
    db.session.execute(sa.update(Product).where(Product.id == product_id).values(slug=slug))
    if product.state is ListingState.ON_SALE:
        offers.touch([product_id], now=now)
    events.record(AddressChanged(product_id), actor=actor, station_id=product.station_id, now=now)


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What can be measured of one piece, and whether there is only this one; zero is unknown."""

    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    weight_g: int = 0
    is_one_of_a_kind: bool = False


@transactional
def set_facts(*, product_id: int, facts: ProductFacts, actor: Actor, now: datetime) -> None:
    """Say how large and heavy a piece is and whether it is one of a kind.

    Raises OutOfReach, Forbidden, NotFound, BadMeasure.
    """
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    measures = (facts.length_mm, facts.width_mm, facts.height_mm, facts.weight_g)
    if min(measures) < 0 or max(measures) > MOST_MEASURE:
        raise BadMeasure(most=MOST_MEASURE)
    db.session.execute(sa.update(Product).where(Product.id == product_id).values(**asdict(facts)))
    events.record(TextsChanged(product_id), actor=actor, station_id=product.station_id, now=now)


@transactional
def add_pictures(
    *, product_id: int, pictures: Sequence[NewPicture], actor: Actor, now: datetime
) -> None:
    """Hang pictures behind those a listing has; the same one twice hangs once. Safe to repeat.

    Raises OutOfReach, Forbidden, NotFound, TooManyPictures.
    """
    station_id = _change_pictures(product_id, actor, now)
    for picture in pictures:
        media.hang(
            subject=Subject.PRODUCT,
            subject_id=product_id,
            station_id=station_id,
            picture=picture,
            actor=actor,
            now=now,
        )


@transactional
def describe_picture(
    *, product_id: int, picture: str, words: Words, actor: Actor, now: datetime
) -> None:
    """Say what is seen on a picture of a listing; from then on buyers see it.

    Raises OutOfReach, Forbidden, NotFound, PictureGone, WordsMissing.
    """
    _change_pictures(product_id, actor, now)
    media.describe(
        subject=Subject.PRODUCT, subject_id=product_id, picture=picture, words=words, now=now
    )


@transactional
def move_picture(*, product_id: int, picture: str, to: Place, actor: Actor, now: datetime) -> None:
    """Move a picture among those of a listing; the first one is the cover.

    Raises OutOfReach, Forbidden, NotFound, PictureGone.
    """
    _change_pictures(product_id, actor, now)
    media.move(subject=Subject.PRODUCT, subject_id=product_id, picture=picture, to=to, now=now)


@transactional
def take_picture_down(*, product_id: int, picture: str, actor: Actor, now: datetime) -> None:
    """Take a picture off a listing. Raises OutOfReach, Forbidden, NotFound, PictureGone."""
    _change_pictures(product_id, actor, now)
    media.take_down(subject=Subject.PRODUCT, subject_id=product_id, picture=picture, now=now)


@transactional
def mirror_pictures(*, product_id: int, now: datetime) -> None:
    """Have every list show the cover that stands now: the darkroom finished a picture."""
    offers.touch([product_id], now=now)


def _change_pictures(product_id: int, actor: Actor, now: datetime) -> int:
    product = _product(product_id, Permission.MANAGE_LISTING, actor)
    events.record(PhotosChanged(product_id), actor=actor, station_id=product.station_id, now=now)
    offers.touch([product_id], now=now)
    return product.station_id


@transactional
def note_rating(*, product_id: int, rating_sum: int, rating_count: int, now: datetime) -> None:
    """Keep on a product what its buyers gave it, for lists; safe to repeat.

    rating_sum, rating_count    all stars and all ratings, as ``reviews`` counted them.
    """
    db.session.execute(
        sa.update(Product)
        .where(Product.id == product_id)
        .values(rating_sum=rating_sum, rating_count=rating_count)
    )
    offers.touch([product_id], now=now)


@transactional
def count_hearts(*, product_id: int, more: int, now: datetime) -> None:
    """Count so many hearts more, or fewer, on a product; lists may stand in their order."""
    db.session.execute(
        sa.update(Product).where(Product.id == product_id).values(hearts=Product.hearts + more)
    )
    offers.touch([product_id], now=now)


@transactional
def ensure_unlisted(
    *, workshop_id: int, skus: Sequence[tuple[str, str]], now: datetime
) -> dict[str, int]:
    """Return the variant of every SKU of a workshop, creating what is unknown; safe to repeat.

    skus    pairs of SKU and title; a known SKU keeps its own title.

    An unknown one becomes a product of its own in state *unlisted*: counted and sold by import,
    never public, never for sale until somebody writes and lists it.
    """
    titles = dict(reversed(skus))
    known = queries.variants_by_sku(workshop_id, titles)
    new = [sku for sku in titles if sku not in known]
    if not new:
        return known
    station_id = stations.workshop(workshop_id).station_id
    taken = set(
        db.session.scalars(
            sa.select(Product.code).where(Product.workshop_id == workshop_id, Product.code.in_(new))
        )
    )
    own_ids = {sku: public_id("prd") for sku in new}
    products = db.session.execute(
        sa.insert(Product).returning(Product.public_id, Product.id),
        [
            {
                "public_id": own_ids[sku],
                "slug": own_ids[sku].replace("_", "-").lower(),
                "code": own_ids[sku] if sku in taken else sku,
                "workshop_id": workshop_id,
                "station_id": station_id,
                "title": (titles[sku] or sku)[:LONGEST_TITLE],
                "supply": Supply.IN_STOCK,
                "pay_lane": PayLane.PIECE_WAGE,
                "state": ListingState.UNLISTED,
                "price_minor": 0,
                "created_at": now,
            }
            for sku in new
        ],
    ).all()
    product_ids = {row.public_id: row.id for row in products}
    rows = db.session.execute(
        sa.insert(Variant).returning(Variant.sku, Variant.id),
        [
            {
                "public_id": public_id("var"),
                "product_id": product_ids[own_ids[sku]],
                "workshop_id": workshop_id,
                "sku": sku,
                "quality": Quality.FIRST,
                "price_minor": 0,
                "is_for_sale": False,
            }
            for sku in new
        ],
    ).all()
    return known | {row.sku: row.id for row in rows}


@transactional
def second_grade_of(*, variant_id: int) -> int:
    """Return the second-grade sibling of a variant, made when it is first needed; safe to repeat.

    It is counted at once, but not for sale: nobody has priced it yet.

    Raises NotFound for an unknown variant. Source: domain.md 6 (second grade is sold marked).
    """
    return _sibling_of(variant_id, Quality.SECOND)


@transactional
def to_wish_of(*, variant_id: int) -> int:
    """Return the sibling of a variant under which pieces woven to a wish are counted; repeatable.

    They stand apart from the ordinary ones and are never for sale: nobody else wants the name.

    Raises NotFound for an unknown variant.
    """
    return _sibling_of(variant_id, Quality.TO_WISH)


def _sibling_of(variant_id: int, quality: Quality) -> int:
    first = db.session.execute(
        sa.select(
            Variant.product_id,
            Variant.workshop_id,
            Variant.sku,
            Variant.size,
            Variant.color,
            Variant.color_en,
            Variant.position,
            Variant.quality,
        ).where(Variant.id == variant_id)
    ).one_or_none()
    if first is None:
        raise NotFound(what=f"variant:{variant_id}")
    if first.quality is quality:
        return variant_id
    sibling = _sibling(first, quality)
    if sibling is not None:
        return sibling
    try:
        # Two people may need it in the same moment: whoever comes second takes the first one's.
        with db.session.begin_nested():
            new: int = db.session.execute(
                sa.insert(Variant).returning(Variant.id),
                {
                    "public_id": public_id("var"),
                    "product_id": first.product_id,
                    "workshop_id": first.workshop_id,
                    "sku": f"{first.sku[: LONGEST_SKU - 2]}{SIBLING_SIGNS[quality]}",
                    "size": first.size,
                    "color": first.color,
                    "color_en": first.color_en,
                    "quality": quality,
                    "price_minor": 0,
                    "is_for_sale": False,
                    "position": first.position,
                },
            ).scalar_one()
    except sa.exc.IntegrityError:
        sibling = _sibling(first, quality)
        if sibling is None:
            raise
        return sibling
    return new


def _sibling(first: Any, quality: Quality) -> int | None:
    return db.session.scalar(
        sa.select(Variant.id).where(
            Variant.product_id == first.product_id,
            Variant.size == first.size,
            Variant.color == first.color,
            Variant.quality == quality,
        )
    )


def _index(product_ids: Sequence[int]) -> None:
    search.put_goods(queries.facts_for_search(product_ids))


def _reindex_if_public(product: _ProductRow, now: datetime) -> None:
    if product.state is ListingState.ON_SALE:
        _index([product.id])
        offers.touch([product.id], now=now)


@transactional
def enter_in_search(product_ids: Sequence[int]) -> None:
    """Enter goods in the search index as they are now; those not on sale leave it. Repeatable."""
    facts = queries.facts_for_search(product_ids)
    search.put_goods(facts)
    on_sale = {one.subject_id for one in facts}
    search.remove_goods([one for one in product_ids if one not in on_sale])


@transactional
def enter_shelves() -> None:
    """Enter every shelf in the search index; safe to repeat."""
    for row in db.session.execute(
        sa.select(Category.id, Category.slug, Category.name, Category.name_en)
    ):
        _enter_shelf(row.id, row.slug, row.name, row.name_en)


def _enter_shelf(category_id: int, slug: str, name: str, name_en: str) -> None:
    search.put_entry(
        EntryKind.SHELF, Facts(subject_id=category_id, titles=(name, name_en)), slug=slug
    )
