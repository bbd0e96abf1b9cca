"""Four formats of product files, told by their head line, read into one kind of row. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from shop.exchange.files import plain_text
from shop.exchange.files.columns import (
    BY_NAME,
    LISTS,
    PARTS,
    PICTURE_FIELDS,
    WORDS,
    Level,
    listed,
    own_names,
    plain_heading,
)
from shop.exchange.rules import (
    Choices,
    Dialect,
    NotAnAmount,
    OtherCurrency,
    Remark,
    fen_of,
    has_han,
    is_yuan,
)

NO_SKU = ""
MOST_OPTIONS = 3
LONGEST_HEADING = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a row names; ``is_link``: the file gives an address, which we never open."""

    name: str
    is_link: bool = False
    alt: str = ""
    alt_en: str = ""


@dataclass(slots=True)
class GoodsRow:
    """One row of a file, whoever wrote it, in our words.

    key       of the goods it belongs to, unique in the file.
    goods     fields of the goods that the row says something about; empty text means: clear it.
    piece     fields of one size and color, or None where the row speaks of the goods alone.
    options   names and values of a foreign variant; names may stand on an earlier row only.
    """

    line: int
    key: str
    code: str = ""
    goods: dict[str, str] = field(default_factory=dict)
    piece: dict[str, str] | None = None
    options: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    is_left_out: bool = False

    def wrong(self, code: str, /, **about: object) -> None:
        """Note what is wrong with the row; nothing of the file is written then."""
        self.problems.append(Remark.of(code, **about))

    def note(self, code: str, /, **about: object) -> None:
        """Note what a person should know about the row."""
        self.notes.append(Remark.of(code, **about))


Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """What a head line means: whose format, our name for each column, what nobody reads."""

    dialect: Dialect
    names: tuple[str | None, ...]
    ignored: tuple[str, ...]
    says_currency: bool


def head_of(headings: Sequence[str]) -> Head | None:
    """Return what a head line means, or None when it belongs to no format known here."""
    plain = [plain_heading(heading) for heading in headings]
    said = set(plain)
    names: list[str | None]
    if {"type", "sku", "name"} <= said and said & {"regular price", "parent", "id"}:
        dialect = Dialect.WOOCOMMERCE
        names = [one if _is_woo(one) else None for one in plain]
    elif {"slug", "sku", "name", "price", "currency"} <= said:
        dialect = Dialect.SPREE
        names = [one if one in _SPREE or _NUMBERED.fullmatch(one) else None for one in plain]
    elif said & {"handle", "url handle"} and "title" in said:
        dialect = Dialect.SHOPIFY
        named = [_SHOPIFY_NEW.get(one, one) for one in plain]
        names = [one if one in _SHOPIFY or _NUMBERED.fullmatch(one) else None for one in named]
    else:
        dialect = Dialect.OWN
        names = own_names(headings)
        if not {"code", "sku"} & set(names):
            return None
    ignored = tuple(
        " ".join(plain_text.tidied(heading).split())[:LONGEST_HEADING]
        for heading, name in zip(headings, names, strict=True)
        if name is None and heading.strip()
    )
    says_currency = dialect is Dialect.SPREE or "currency" in names
    return Head(dialect, tuple(names), ignored, says_currency)


def asks_for_currency(head: Head) -> bool:
    """Say whether the file has prices and does not say in which currency."""
    prices = {"price", "own_price", "variant price", "regular price", "sale price"}
    return (
        not head.says_currency
        and head.dialect is not Dialect.OWN
        and bool(prices & set(head.names))
    )


def row_of(head: Head, line: int, cells: Sequence[str], choices: Choices) -> GoodsRow:
    """Return one row of a file in our words, with all that is wrong with it by itself."""
    known = {
        name: plain_text.tidied(cell)
        for name, cell in zip(head.names, cells, strict=False)
        if name is not None
    }
    if len(cells) < len(head.names) or any(cells[len(head.names) :]):
        row = GoodsRow(line, key=f"line {line}")
        row.wrong("columns_differ")
        return row
    row = _READERS[head.dialect](line, known, choices)
    _check(row)
    return row


def _check(row: GoodsRow) -> None:
    """Look at every field by itself: its length, its word, its number, its sum."""
    for fields in (row.goods, row.piece or {}):
        for name, text in fields.items():
            longest = BY_NAME[name].longest
            texts = listed(text) if name in LISTS else [text]
            if any(len(one) > longest for one in texts):
                row.wrong("too_long", column=name, most=longest)
            elif text and name in WORDS:
                _word(row, fields, name)
            elif text and name in {"price", "own_price", *PARTS}:
                _amount(row, name, text)
            elif text and name in _NUMBERS:
                _number(row, name, text)
    if len(row.code) > BY_NAME["code"].longest:
        row.wrong("too_long", column="code", most=BY_NAME["code"].longest)


def _word(row: GoodsRow, fields: dict[str, str], name: str) -> None:
    known = WORDS[name].get(fields[name].casefold())
    if known is None:
        words = ", ".join(dict.fromkeys(WORDS[name].values()))
        row.wrong("unknown_word", word=fields[name], column=name, words=words)
    else:
        fields[name] = known


def _amount(row: GoodsRow, name: str, text: str) -> None:
    try:
        fen = fen_of(text)
    except NotAnAmount as why:
        row.wrong(str(why), text=text)
        return
    if fen == 0 and name in {"price", "own_price"}:
        row.wrong("price_zero")


_NUMBERS = {"share_percent": (1, 100), "minutes": (1, 43_200)}


def _number(row: GoodsRow, name: str, text: str) -> None:
    lowest, highest = _NUMBERS[name]
    if not (text.isascii() and text.isdecimal() and lowest <= int(text) <= highest):
        row.wrong("number_unreadable", text=text, column=name)


def _currency(row: GoodsRow, currency: str, choices: Choices, *names: str) -> None:
    """Take the prices out of a row that is not in yuan, or say that it is wrong."""
    fields = [part for part in (row.goods, row.piece) if part is not None]
    priced = {name: part[name] for part in fields for name in names if part.get(name)}
    if not priced or is_yuan(currency):
        return
    if not currency:
        row.wrong("currency_missing")
    elif choices.other_currency is OtherCurrency.REFUSE:
        row.wrong("foreign_currency", currency=currency)
    else:
        for part in fields:
            for name in (*names, *PARTS):
                part.pop(name, None)
        row.note("without_price", price=next(iter(priced.values())), currency=currency)


# ------------------------------------------------------------------------------ our own format


def _own(line: int, cells: Cells, choices: Choices) -> GoodsRow:
    code, sku = cells.get("code", ""), cells.get("sku", "")
    row = GoodsRow(line, key=code or f"sku {sku}", code=code)
    if not code and not sku:
        row.key = f"line {line}"
        row.wrong("no_code")
    currency = cells.get("currency", "CNY" if "currency" not in cells else "")
    for name, text in cells.items():
        level = BY_NAME[name].level
        if level is Level.GOODS and name not in {"code", "currency", *PICTURE_FIELDS}:
            row.goods[name] = text
    row.piece = {name: text for name, text in cells.items() if BY_NAME[name].level is Level.PIECE}
    if cells.get("workshop"):
        row.goods["workshop"] = cells["workshop"]
    alts, alts_en = listed(cells.get("photo_alt", "")), listed(cells.get("photo_alt_en", ""))
    row.pictures = [
        Picture(
            name,
            alt=alts[place] if place < len(alts) else "",
            alt_en=alts_en[place] if place < len(alts_en) else "",
        )
        for place, name in enumerate(listed(cells.get("photos", "")))
        if name
    ]
    for picture in row.pictures:
        if max(map(len, (picture.name, picture.alt, picture.alt_en))) > BY_NAME["photos"].longest:
            row.wrong("too_long", column="photos", most=BY_NAME["photos"].longest)
    _currency(row, currency, choices, "price", "own_price")
    return row


# --------------------------------------------------------------------------------- other shops

_NUMBERED = re.compile(
    r"option[123] ?_?(?:name|value)|option\d_(?:name|value)|image\d_src|category\d"
    r"|attribute \d+ (?:name|value\(s\))"
)


def _said(row: GoodsRow, name: str, text: str) -> None:
    """Keep a text of another shop in the field of its language; an empty one says nothing."""
    if text:
        row.goods[name if has_han(text) else f"{name}_en"] = text


def _description(row: GoodsRow, text: str, *, keeps_lines: bool = False) -> None:
    if plain_text.is_html(text) or keeps_lines:
        plain = plain_text.from_html(text, keeps_lines=keeps_lines)
        if plain_text.is_html(text):
            row.note("html_made_plain")
        text = plain
    _said(row, "summary", text)


def _link(address: str, alt: str = "") -> Picture:
    """Return the picture that an address ends in; the address itself is never opened."""
    path = urlsplit(address.strip()).path if "://" in address else address.strip()
    name = unquote(path.rpartition("/")[2]) or address.strip()[-100:]
    alts = {"alt" if has_han(alt) else "alt_en": alt}
    return Picture(name[:200], is_link=True, **alts)


def _links(cell: str) -> list[Picture]:
    return [_link(one) for one in re.split(r",\s*(?=https?:)|,\s+|\s*\|\s*", cell) if one.strip()]


def _outside_price(row: GoodsRow, text: str) -> None:
    if text and row.piece is not None:
        row.piece["own_price"] = text


_SHOPIFY = frozenset(
    {
        "handle",
        "title",
        "body (html)",
        "type",
        "variant sku",
        "variant inventory policy",
        "variant price",
        "variant compare at price",
        "image src",
        "image alt text",
        "variant image",
        "gift card",
    }
)
# The head line that Shopify writes since 2025.
_SHOPIFY_NEW = {
    "url handle": "handle",
    "description": "body (html)",
    "sku": "variant sku",
    "continue selling when out of stock": "variant inventory policy",
    "price": "variant price",
    "compare-at price": "variant compare at price",
    "product image url": "image src",
    "variant image url": "variant image",
}


def _shopify(line: int, cells: Cells, choices: Choices) -> GoodsRow:
    handle = cells.get("handle", "")
    row = GoodsRow(line, key=handle or f"line {line}", code=handle)
    if not handle:
        row.wrong("no_code")
    if cells.get("gift card", "").casefold() == "true":
        row.wrong("gift_card")
    _said(row, "title", cells.get("title", ""))
    _description(row, cells.get("body (html)", ""))
    if cells.get("type"):
        row.goods["category"] = cells["type"]
    for number in range(1, MOST_OPTIONS + 1):
        value = cells.get(f"option{number} value", "")
        row.options.append((cells.get(f"option{number} name", ""), value))
    # A row without price, SKU and option brings one more picture of the goods above.
    if cells.get("variant price") or cells.get("variant sku") or any(v for _, v in row.options):
        row.piece = {"sku": cells.get("variant sku", "").lstrip("'")}
        _outside_price(row, cells.get("variant price", ""))
        if cells.get("variant inventory policy", "").casefold() in {"continue", "true"}:
            row.goods["supply"] = "made_to_order"
    for column, alt in (("image src", cells.get("image alt text", "")), ("variant image", "")):
        if cells.get(column):
            row.pictures.append(_link(cells[column], alt))
    _currency(row, choices.currency or "", choices, "own_price")
    return row


_WOO = frozenset(
    {
        "id",
        "type",
        "sku",
        "name",
        "short description",
        "description",
        "backorders allowed?",
        "sale price",
        "regular price",
        "categories",
        "images",
        "parent",
    }
)
_WOO_KINDS = {"simple", "variable", "variation"}


def _is_woo(name: str) -> bool:
    return name in _WOO or bool(_NUMBERED.fullmatch(name))


def _woocommerce(line: int, cells: Cells, choices: Choices) -> GoodsRow:
    kinds = {kind.strip().casefold() for kind in cells.get("type", "").split(",")}
    own = cells.get("sku") or (f"id-{cells['id']}" if cells.get("id") else "")
    parent = re.sub(r"^id:\s*", "id-", cells.get("parent", ""))
    code = parent if "variation" in kinds else own
    row = GoodsRow(line, key=code or f"line {line}", code=code)
    if not kinds <= _WOO_KINDS or not kinds & _WOO_KINDS:
        row.is_left_out = True
        row.note("kind_left_out", kind=cells.get("type", ""))
        return row
    if not code:
        row.wrong("no_code")
    is_variation, is_variable = "variation" in kinds, "variable" in kinds
    for number in range(1, MOST_OPTIONS + 1):
        name = cells.get(f"attribute {number} name", "")
        value = cells.get(f"attribute {number} value(s)", "")
        row.options.append((name, value if is_variation or "," not in value else ""))
    if not is_variation:
        _said(row, "title", cells.get("name", ""))
        text = cells.get("description") or cells.get("short description", "")
        _description(row, text.replace("\\n", "\n"), keeps_lines="<p" not in text)
        _shelf_of(row, cells.get("categories", ""))
    if is_variable:
        row.options = []
    else:
        row.piece = {"sku": cells.get("sku", "")}
        _outside_price(row, cells.get("regular price") or "")
        if cells.get("sale price"):
            row.note("sale_price", price=cells["sale price"])
        if cells.get("backorders allowed?", "").casefold() in {"1", "yes", "notify"}:
            row.goods["supply"] = "made_to_order"
    row.pictures = _links(cells.get("images", ""))
    _currency(row, choices.currency or "", choices, "own_price")
    return row


def _shelf_of(row: GoodsRow, cell: str) -> None:
    """Keep the innermost of the first category: ``Clothing > Hats, Gifts`` says ``Hats``."""
    first = cell.split(",", maxsplit=1)[0].rpartition(">")[2].strip()
    if first:
        row.goods["category"] = first


_SPREE = frozenset({"slug", "sku", "name", "price", "currency", "description"})


def _spree(line: int, cells: Cells, choices: Choices) -> GoodsRow:
    slug = cells.get("slug", "")
    row = GoodsRow(line, key=slug or f"line {line}", code=slug)
    if not slug:
        row.wrong("no_code")
    _said(row, "title", cells.get("name", ""))
    _description(row, cells.get("description", ""))
    if cells.get("category1"):
        row.goods["category"] = cells["category1"].rpartition("->")[2].strip()
    row.options = [
        (cells.get(f"option{n}_name", ""), cells.get(f"option{n}_value", ""))
        for n in range(1, MOST_OPTIONS + 1)
    ]
    # The row with the name speaks of the goods; where sizes follow, its price is an empty one.
    row.piece = {"sku": cells.get("sku", "")}
    if cells.get("price", "") not in {"", "0", "0.0", "0.00"}:
        _outside_price(row, cells["price"])
    for number in range(1, 10):
        row.pictures += _links(cells.get(f"image{number}_src", ""))
    _currency(row, cells.get("currency", ""), choices, "own_price")
    if (
        not is_yuan(cells.get("currency", ""))
        and not row.goods
        and not any(value for _, value in row.options)
    ):
        row.is_left_out = not row.problems
        row.notes = [Remark.of("second_currency", currency=cells.get("currency", ""))]
    return row


_READERS: dict[Dialect, Callable[[int, Cells, Choices], GoodsRow]] = {
    Dialect.OWN: _own,
    Dialect.SHOPIFY: _shopify,
    Dialect.WOOCOMMERCE: _woocommerce,
    Dialect.SPREE: _spree,
}
