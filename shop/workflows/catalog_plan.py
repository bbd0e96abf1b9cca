"""What a file would do to one product: compared field by field with how it stands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from shop.catalog.in_bulk import NewPiece
from shop.catalog.rules import (
    PAYMENT_FEE_PERCENT,
    ListingState,
    PayLane,
    PriceSplit,
    Quality,
    SplitDoesNotAddUp,
    Supply,
)
from shop.catalog.standing import TEXTS, SkuPlace, StandingGoods, StandingPiece
from shop.exchange.files.assembling import SaidGoods, SaidPiece
from shop.exchange.files.columns import BY_NAME, PARTS, TERM_FIELDS, joined, listed
from shop.exchange.files.dialects import GoodsRow, Picture
from shop.exchange.files.plain_text import tidied
from shop.exchange.rules import Choices, Dialect, Outcome, fen_of, yuan_of
from shop.kernel.money import Money, total
from shop.media.rules import MOST_OF, Subject
from shop.workflows.listing import pay_of_maker

LONGEST_SKU = 64
# A size may be offered by a file as long as nobody can buy the goods yet.
NOT_YET_SHOWN = frozenset({ListingState.DRAFT, ListingState.CHECKED, ListingState.UNLISTED})

# Any: plans go through JSON on their way to the moment of writing.
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the workshop has that a row may name.

    shelves    slug of a shelf by its slug and by its names, in small letters.
    terms      slug of a word by its slug and its names in small letters, for each of its columns.
    makers     id of a maker by her code, of those who have not left.
    codes      code of every maker that the goods at hand name, whether she has left or not.
    """

    workshop_id: int
    workshop_slug: str
    shelves: Mapping[str, str]
    terms: Mapping[str, Mapping[str, str]]
    makers: Mapping[str, int]
    codes: Mapping[int, str]
    choices: Choices

    def maker_code(self, maker_id: int | None) -> str:
        """Return the code of a maker; nothing for nobody."""
        return "" if maker_id is None else self.codes.get(maker_id, "")


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture of the ZIP under its own name and the digest of its bytes."""

    name: str
    source: str


FindPicture = Callable[[Picture], FoundPicture | None]
"""Return a picture of the ZIP, None for a link whose picture did not come along.

Raises PictureRefused."""


class PictureRefused(ValueError):
    """A picture cannot be used; the argument is a code of ``REASONS``."""


@dataclass(slots=True)
class Plan:
    """What would be written of one product, and what to tell of each of its rows."""

    said: SaidGoods
    standing: StandingGoods | None
    write: Json | None = None
    changes: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)

    def changed(self, line: int, name: str, before: str, after: str) -> None:
        """Note one field that would change."""
        self.changes.setdefault(line, []).append((name, before, after))

    def outcome(self, line: int) -> Outcome:
        """Return what becomes of one row."""
        row = self.said.rows[line]
        if row.problems:
            return Outcome.ERROR
        if row.is_left_out:
            return Outcome.LEFT_OUT
        if self.standing is None:
            return Outcome.NEW
        return Outcome.CHANGES if self.changes.get(line) else Outcome.SAME

    def told(self, line: int) -> Json:
        """Return what the dry run shows of one row."""
        row = self.said.rows[line]
        return {
            "changes": self.changes.get(line, []),
            "problems": [[one.code, one.about] for one in row.problems],
            "notes": [[one.code, one.about] for one in row.notes],
        }


def planned(
    said: SaidGoods,
    standing: StandingGoods | None,
    *,
    known: Known,
    skus: Mapping[str, SkuPlace],
    find: FindPicture,
) -> Plan:
    """Return what a file would do to one product; nothing is written where any row is wrong.

    skus    whose each SKU is that the goods name, or that would be made for them.
    """
    plan = Plan(said, standing)
    if all(row.is_left_out for row in said.rows.values()):
        return plan
    _own_workshop(said, known)
    fields = _facts(plan, known)
    split = _price(plan, fields, known)
    pieces, new_pieces = _pieces(plan, split, skus)
    pictures = _pictures(plan, find)
    if said.has_problem:
        return plan
    if standing is None:
        plan.write = {
            "new": {
                "code": said.code,
                **fields,
                "pieces": [_json(piece) for piece in new_pieces],
                "split": _parts(split),
                "pictures": pictures,
            }
        }
    elif plan.changes:
        if standing.state is ListingState.ENDED:
            said.rows[said.first_line].wrong("goods_ended")
            return plan
        plan.write = {
            "change": {
                "product_id": standing.product_id,
                "fields": fields,
                "pieces": pieces,
                "new_pieces": [_json(piece) for piece in new_pieces],
                "split": _parts(split),
                "pictures": pictures,
            }
        }
    return plan


def _json(piece: NewPiece) -> Json:
    return asdict(piece) | {"price": None if piece.price is None else piece.price.minor}


def _parts(split: PriceSplit | None) -> list[int] | None:
    return None if split is None else [split.price.minor, *(part.minor for part in split.parts)]


def _own_workshop(said: SaidGoods, known: Known) -> None:
    named = said.fields.pop("workshop", "")
    if named and named != known.workshop_slug:
        said.row_of("workshop").wrong("other_workshop", workshop=named)


# ------------------------------------------------------------------------- words and plain facts


def _facts(plan: Plan, known: Known) -> Json:
    """Return the columns that would be written: all for new goods, else those that differ."""
    fields: Json = {}
    texts = _texts(plan)
    if plan.standing is None:
        fields["texts"] = texts
    else:
        fields |= texts
    for name, read in (
        ("category", _category),
        ("craft", _craft),
        ("supply", _supply),
        ("maker", _maker),
        ("minutes", _minutes),
    ):
        read(plan, known, fields, plan.said.fields.get(name))
    _terms(plan, known, fields)
    _lane(plan, known, fields)
    return fields


def _texts(plan: Plan) -> Json:
    said, standing = plan.said, plan.standing
    texts: Json = {}
    for name in TEXTS:
        text = said.fields.get(name)
        if text is None or (not text and (said.is_foreign or not BY_NAME[name].clears)):
            continue
        if standing is None:
            texts[name] = text
        elif _plain(text, said) != _plain(tidied(standing.text(name)), said):
            texts[name] = text if text or not name.endswith("_en") else None
            plan.changed(said.row_of(name).line, name, standing.text(name), text)
    if standing is None and not texts.get("title"):
        if said.is_foreign and texts.get("title_en"):
            texts["title"] = texts["title_en"]
            said.row_of("title_en").note("one_language")
        elif said.dialect is Dialect.WOOCOMMERCE and not texts:
            said.rows[said.first_line].wrong("no_parent", parent=said.code)
        elif not said.has_problem:
            said.rows[said.first_line].wrong("no_title")
    return texts


def _plain(text: str, said: SaidGoods) -> str:
    """Return a text as it is compared; HTML keeps no single blank or line end as it was."""
    return " ".join(text.split()) if said.is_foreign else text


def _category(plan: Plan, known: Known, fields: Json, text: str | None) -> None:
    if text is None or (not text and plan.standing is None):
        return
    row = plan.said.row_of("category")
    slug = known.shelves.get(text.casefold()) if text else None
    if text and slug is None:
        if plan.said.is_foreign:
            row.note("shelf_unknown", category=text)
        else:
            row.wrong("unknown_category", category=text)
    elif plan.standing is None or slug != plan.standing.category:
        fields["category"] = slug
        if plan.standing is not None:
            plan.changed(row.line, "category", plan.standing.category or "", slug or "")


def _terms(plan: Plan, known: Known, fields: Json) -> None:
    """Put the words for material and craft in; those of a column that is not there stay."""
    there = set(plan.standing.terms) if plan.standing else set()
    wanted = set(there)
    for column in TERM_FIELDS:
        text = plan.said.fields.get(column)
        if text is None:
            continue
        row = plan.said.row_of(column)
        words = [word for word in listed(text) if word]
        slugs = {known.terms[column].get(word.casefold(), "") for word in words}
        for word in words:
            if word.casefold() not in known.terms[column]:
                row.wrong("unknown_term", column=column, word=word)
        before = there & set(known.terms[column].values())
        wanted = (wanted - before) | slugs
        if plan.standing is not None and slugs != before:
            plan.changed(row.line, column, joined(sorted(before)), joined(sorted(slugs)))
    if wanted != there:
        fields["terms"] = sorted(wanted)


def _craft(plan: Plan, known: Known, fields: Json, text: str | None) -> None:  # noqa: ARG001 - one signature for all
    if not text:
        return
    if plan.standing is None or text != plan.standing.craft:
        fields["craft"] = text
        if plan.standing is not None:
            plan.changed(plan.said.row_of("craft").line, "craft", plan.standing.craft, text)


def _supply(plan: Plan, known: Known, fields: Json, text: str | None) -> None:  # noqa: ARG001 - one signature for all
    # Another shop says how it sold, not how it is made: that is taken for new goods only.
    if not text or plan.said.row_of("supply").problems:
        return
    if plan.standing is None:
        fields["supply"] = Supply(text).value
    elif not plan.said.is_foreign and text != plan.standing.supply:
        fields["supply"] = Supply(text).value
        plan.changed(plan.said.row_of("supply").line, "supply", plan.standing.supply.value, text)


def _maker(plan: Plan, known: Known, fields: Json, text: str | None) -> None:
    if text is None or (not text and plan.standing is None):
        return
    row = plan.said.row_of("maker")
    maker_id = known.makers.get(text) if text else None
    standing = plan.standing
    if text and maker_id is None:
        # A maker who has left still stands on goods she made, and on no others.
        if standing is None or text != known.maker_code(standing.maker_id):
            row.wrong("unknown_maker", maker=text)
    elif standing is None or maker_id != standing.maker_id:
        fields["maker_id"] = maker_id
        if standing is not None:
            plan.changed(row.line, "maker", known.maker_code(standing.maker_id), text)


def _minutes(plan: Plan, known: Known, fields: Json, text: str | None) -> None:  # noqa: ARG001 - one signature for all
    if not text or plan.said.row_of("minutes").problems:
        return
    minutes = int(text)
    if plan.standing is None:
        fields["minutes"] = minutes
    elif minutes != plan.standing.minutes:
        fields["making_minutes"] = minutes
        line = plan.said.row_of("minutes").line
        plan.changed(line, "minutes", str(plan.standing.minutes), text)


def _lane(plan: Plan, known: Known, fields: Json) -> None:
    said, standing = plan.said, plan.standing
    lane, share = said.fields.get("pay_lane"), said.fields.get("share_percent")
    if said.has_problem:
        return
    if standing is not None:
        is_other_lane = bool(lane) and lane != standing.pay_lane
        is_other_share = bool(share) and share != str(standing.share_percent or "")
        if is_other_lane or is_other_share:
            said.row_of("pay_lane" if is_other_lane else "share_percent").wrong("lane_stands")
        return
    chosen = known.choices.share_percent
    if said.is_foreign and chosen is not None:
        lane, share = PayLane.CONSIGNMENT.value, str(chosen)
    fields["pay_lane"] = lane or PayLane.PIECE_WAGE.value
    fields["share_percent"] = int(share) if share else None
    if (fields["pay_lane"] == PayLane.CONSIGNMENT) is not bool(share):
        said.row_of("share_percent").wrong("share_wrong")


# -------------------------------------------------------------------------------------- the price


def _price(plan: Plan, fields: Json, known: Known) -> PriceSplit | None:
    """Return the price sheet that would be proposed; None where the price stays as it is."""
    said, standing = plan.said, plan.standing
    if said.has_problem:
        return None
    given = {name: said.fields[name] for name in ("price", *PARTS) if said.fields.get(name)}
    base = standing.sheet if standing else None
    is_asked = "price" in given or (base is not None and (given or "making_minutes" in fields))
    if not is_asked or _is_same_price(base, given, fields):
        return None
    row = said.row_of("price" if "price" in given else next(iter(given), "minutes"))
    if standing is None and said.is_foreign and known.choices.share_percent is None:
        row.note("no_sheet")
        return None
    split = _proposed(row, _pay(fields, standing), base, given)
    if split is not None:
        _tell_price(plan, row.line, base, split)
    return split


def _is_same_price(base: PriceSplit | None, given: Mapping[str, str], fields: Json) -> bool:
    return (
        base is not None
        and "making_minutes" not in fields
        and all(fen_of(text) == _part(base, name).minor for name, text in given.items())
    )


@dataclass(frozen=True, slots=True)
class _Pay:
    """How the maker of the goods is paid, as it would stand after the file."""

    lane: PayLane
    share: int | None
    minutes: int


def _pay(fields: Json, standing: StandingGoods | None) -> _Pay:
    if standing is None:
        lane = PayLane(fields["pay_lane"])
        return _Pay(lane, fields["share_percent"], fields.get("minutes", 0))
    minutes = fields.get("making_minutes", standing.minutes)
    return _Pay(standing.pay_lane, standing.share_percent, minutes)


def _proposed(
    row: GoodsRow, pay: _Pay, base: PriceSplit | None, given: Mapping[str, str]
) -> PriceSplit | None:
    if pay.lane is PayLane.PIECE_WAGE and not pay.minutes:
        row.wrong("pay_unsaid")
        return None
    price = Money(fen_of(given["price"])) if "price" in given else base.price if base else Money(0)
    due = pay_of_maker(pay_lane=pay.lane, price=price, minutes=pay.minutes, share_percent=pay.share)
    try:
        split = _split(price, due, base, given)
    except SplitDoesNotAddUp:
        row.wrong("split_does_not_add_up")
        return None
    if split.pay != due:
        row.wrong("pay_not_behind_price", due=yuan_of(due.minor), said=yuan_of(split.pay.minor))
        return None
    return split


def _tell_price(plan: Plan, line: int, base: PriceSplit | None, split: PriceSplit) -> None:
    # Of goods that are new it is enough to see what a piece costs and what its maker gets.
    for name in ("price", *PARTS) if plan.standing else ("price", "pay"):
        before = yuan_of(_part(base, name).minor) if base else ""
        after = yuan_of(_part(split, name).minor)
        if before != after:
            plan.changed(line, name, before, after)


def _part(split: PriceSplit, name: str) -> Money:
    return split.price if name == "price" else split.parts[PARTS.index(name)]


def _split(
    price: Money, due: Money, base: PriceSplit | None, given: Mapping[str, str]
) -> PriceSplit:
    """Return a whole price sheet; what a file leaves out stays as it was, or is worked out.

    Raises SplitDoesNotAddUp.
    """
    parts: dict[str, Money] = {
        "pay": due,
        "material_cost": base.material if base else Money(0),
        "pack": base.pack if base else Money(0),
        "fee": price.percent(PAYMENT_FEE_PERCENT),
        "workshop_part": base.workshop if base else Money(0),
    }
    parts |= {name: Money(fen_of(text)) for name, text in given.items() if name in parts}
    left = price - total(tuple(parts.values()))
    return PriceSplit(
        price=price,
        pay=parts["pay"],
        material=parts["material_cost"],
        pack=parts["pack"],
        fee=parts["fee"],
        workshop=parts["workshop_part"],
        rest=Money(fen_of(given["rest"])) if "rest" in given else left,
    )


# ------------------------------------------------------------------------------- sizes and colors


class _Sizes:
    """The sizes and colors of one product while its file is compared, piece by piece."""

    def __init__(
        self, plan: Plan, split: PriceSplit | None, elsewhere: Mapping[str, SkuPlace]
    ) -> None:
        standing = plan.standing
        self.plan = plan
        self.split = split
        self.elsewhere = elsewhere
        self.there = {piece.sku: piece for piece in standing.pieces} if standing else {}
        self.first = [p for p in self.there.values() if p.quality is Quality.FIRST]
        # Which line asked for a choice; 0 for one that stands and that no line has spoken of.
        self.choices = {(piece.size, piece.color): 0 for piece in self.first}
        self.changed: dict[str, Json] = {}
        self.new: list[NewPiece] = []

    def take(self, piece: SaidPiece, place: int) -> None:
        """Compare one piece with what stands."""
        row = self.plan.said.rows[piece.line]
        match = _match(self.plan, piece, self.there)
        if match is None:
            self._add(piece, row, place)
        elif match.quality is Quality.SECOND:
            row.wrong("second_grade", sku=match.sku)
        else:
            self._change(piece, row, match)

    def _add(self, piece: SaidPiece, row: GoodsRow, place: int) -> None:
        taken = {*self.there, *self.elsewhere}
        sku = piece.sku or _made_sku(self.plan.said, place, taken, self.new)
        if sku in self.elsewhere:
            row.wrong("sku_elsewhere", sku=sku, code=self.elsewhere[sku].code)
        elif self._is_free(piece.choice, row):
            self.new.append(_new_piece(self.plan, piece, sku, self.split))
            self.choices[piece.choice] = piece.line
            self.plan.changed(piece.line, "sku", "", " · ".join(filter(None, (sku, *piece.choice))))

    def _change(self, piece: SaidPiece, row: GoodsRow, match: StandingPiece) -> None:
        columns = _piece_columns(self.plan, piece, match, self.split)
        before = (match.size, match.color)
        choice = (columns.get("size", match.size), columns.get("color", match.color))
        if self.choices.get(before) == 0:
            del self.choices[before]
        if self._is_free(choice, row):
            self.choices[choice] = piece.line
            if columns:
                self.changed[str(match.variant_id)] = columns

    def _is_free(self, choice: tuple[str, str], row: GoodsRow) -> bool:
        line = self.choices.get(choice)
        if line:
            row.wrong("choice_twice", line=line)
        elif line == 0:
            there = next(one.sku for one in self.first if (one.size, one.color) == choice)
            row.wrong("choice_has_other_sku", sku=there)
        return line is None


def _pieces(
    plan: Plan, split: PriceSplit | None, elsewhere: Mapping[str, SkuPlace]
) -> tuple[dict[str, Json], list[NewPiece]]:
    """Return the columns of variants that would change, by variant, and the new variants."""
    said = plan.said
    sizes = _Sizes(plan, split, elsewhere)
    for place, piece in enumerate(said.pieces, start=1):
        if not said.rows[piece.line].problems:
            sizes.take(piece, place)
    if plan.standing is None and not said.pieces and not said.has_problem:
        sizes.take(SaidPiece(said.first_line, said.code, {}), 1)
    return sizes.changed, sizes.new


def _match(
    plan: Plan, piece: SaidPiece, there: Mapping[str, StandingPiece]
) -> StandingPiece | None:
    if piece.sku:
        return there.get(piece.sku)
    size, color = piece.choice
    for one in there.values():
        colors = {one.color, one.color_en or ""} if plan.said.is_foreign else {one.color}
        if one.quality is Quality.FIRST and one.size == size and color in colors:
            return one
    return None


def _made_sku(said: SaidGoods, place: int, taken: set[str], new: list[NewPiece]) -> str:
    """Return a SKU for a piece without one, as the desk makes them: S-01-02."""
    if len(said.pieces) == 1 and said.code not in taken:
        return said.code[:LONGEST_SKU]
    known = taken | {piece.sku for piece in new}
    stem = said.code[: LONGEST_SKU - 6]
    return next(
        sku for n in range(place, place + len(known) + 2) if (sku := f"{stem}-{n:02d}") not in known
    )


def _own_price(plan: Plan, piece: SaidPiece, split: PriceSplit | None) -> Money | None:
    """Return the price that a piece has alone; None where it costs what the goods cost."""
    text = piece.fields.get("own_price")
    if not text:
        return None
    own = Money(fen_of(text))
    standing = plan.standing
    sheet = split or (standing.sheet if standing else None)
    return None if sheet is not None and own == sheet.price else own


def _new_piece(plan: Plan, piece: SaidPiece, sku: str, split: PriceSplit | None) -> NewPiece:
    standing, row = plan.standing, plan.said.rows[piece.line]
    own = _own_price(plan, piece, split)
    if own is not None and standing is not None and standing.is_price_approved:
        row.wrong("own_price_later")
    is_shown = standing is not None and standing.state not in NOT_YET_SHOWN
    if is_shown:
        row.note("no_size_yet")
    size, color = piece.choice
    return NewPiece(
        sku=sku,
        size=size,
        color=color,
        color_en=piece.fields.get("color_en") or None,
        price=own,
        is_for_sale=piece.fields.get("for_sale") != "no" and not is_shown,
    )


def _piece_columns(
    plan: Plan, piece: SaidPiece, match: StandingPiece, split: PriceSplit | None
) -> Json:
    said, standing = plan.said, plan.standing
    row = said.rows[piece.line]
    columns: Json = {}
    for name in ("size", "color", "color_en"):
        text, before = piece.fields.get(name), getattr(match, name) or ""
        if text is None or (not text and (said.is_foreign or not BY_NAME[name].clears)):
            continue
        if said.is_foreign and name == "color" and text == match.color_en:
            continue
        if text != before:
            columns[name] = text if text or name != "color_en" else None
            plan.changed(piece.line, name, before, text)
    own = _own_price(plan, piece, split)
    if own is not None and own.minor != match.price_minor:
        if standing is not None and standing.is_price_approved:
            row.wrong("own_price_later")
        else:
            columns["price_minor"] = own.minor
            before = yuan_of(match.price_minor) if match.price_minor else ""
            plan.changed(piece.line, "own_price", before, yuan_of(own.minor))
    wanted = piece.fields.get("for_sale")
    if wanted == "no" and match.is_for_sale:
        columns["is_for_sale"] = False
        plan.changed(piece.line, "for_sale", "yes", "no")
    elif wanted == "yes" and not match.is_for_sale:
        if standing is not None and standing.state in NOT_YET_SHOWN:
            columns["is_for_sale"] = True
            plan.changed(piece.line, "for_sale", "no", "yes")
        else:
            row.note("stays_off_sale")
    return columns


# --------------------------------------------------------------------------------------- pictures


def _pictures(plan: Plan, find: FindPicture) -> list[Json]:
    """Return the pictures that would be added, by the digest of their bytes."""
    said, standing = plan.said, plan.standing
    hanging = standing.pictures if standing else ()
    names = {one.public_id for one in hanging}
    sources = {one.sent_digest for one in hanging}
    wanted: list[Json] = []
    for line, picture in said.pictures:
        row = said.rows[line]
        # An export names a picture as the house does; such a name needs no ZIP.
        if picture.name.partition(".")[0] in names:
            continue
        try:
            found = find(picture)
        except PictureRefused as refused:
            row.wrong(str(refused), name=picture.name)
            continue
        if found is None:
            row.note("picture_by_link", name=picture.name)
        elif found.source not in sources:
            title = said.fields.get("title") or (standing.text("title") if standing else "")
            title_en = said.fields.get("title_en") or (
                standing.text("title_en") if standing else ""
            )
            wanted.append(
                {
                    "source": found.source,
                    "alt": picture.alt or title or picture.alt_en or title_en,
                    "alt_en": picture.alt_en or title_en or None,
                }
            )
            plan.changed(line, "photos", "", picture.name)
            if len(hanging) + len(wanted) > MOST_OF[Subject.PRODUCT]:
                row.wrong("too_many_pictures_of_goods", most=MOST_OF[Subject.PRODUCT])
    return wanted
