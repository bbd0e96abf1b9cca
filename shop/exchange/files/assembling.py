"""The rows of one product put together: fields that agree, sizes and colors, pictures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shop.exchange.files.columns import BY_NAME
from shop.exchange.files.dialects import GoodsRow, Picture
from shop.exchange.rules import Dialect, NotAnAmount, fen_of, has_han

_SIZES = {"size", "尺码", "尺寸", "大小", "größe", "taille", "talla"}
_COLORS = {"color", "colour", "颜色", "顏色", "farbe", "couleur"}
# What Shopify writes where there is nothing to choose.
_NO_CHOICE = ("title", "default title")


@dataclass(slots=True)
class SaidPiece:
    """One size and color as a file says it; fields that it does not speak of are missing."""

    line: int
    sku: str
    fields: dict[str, str]

    @property
    def choice(self) -> tuple[str, str]:
        """Return size and color; the same pair is the same piece."""
        return self.fields.get("size", ""), self.fields.get("color", "")


@dataclass(slots=True)
class SaidGoods:
    """One product as a file says it; ``rows`` carry what is wrong with each of its lines."""

    key: str
    code: str
    dialect: Dialect
    rows: dict[int, GoodsRow]
    fields: dict[str, str] = field(default_factory=dict)
    said_on: dict[str, int] = field(default_factory=dict)
    pieces: list[SaidPiece] = field(default_factory=list)
    pictures: list[tuple[int, Picture]] = field(default_factory=list)

    @property
    def first_line(self) -> int:
        """Return the line that speaks for the goods as a whole."""
        return min(self.rows)

    @property
    def is_foreign(self) -> bool:
        """Say whether another shop's program wrote the file."""
        return self.dialect is not Dialect.OWN

    @property
    def has_problem(self) -> bool:
        """Say whether anything is wrong with any of its rows."""
        return any(row.problems for row in self.rows.values())

    def row_of(self, name: str) -> GoodsRow:
        """Return the row that says a field, for what there is to remark about it."""
        return self.rows[self.said_on.get(name, self.first_line)]


def assembled(dialect: Dialect, rows: Sequence[GoodsRow]) -> SaidGoods:
    """Return the goods that rows with one key describe, in the order of the file.

    A field may be repeated on every row or stand on one of them; two different values are an
    error of the later row. What is wrong is noted on the rows.
    """
    counted = [row for row in rows if not row.is_left_out]
    code = next((row.code for row in counted if row.code), "")
    goods = SaidGoods(rows[0].key, code, dialect, {row.line: row for row in rows})
    for row in counted:
        _merge(goods, row)
        goods.pictures += [(row.line, picture) for picture in row.pictures]
    _pieces(goods, counted)
    _unique_pictures(goods)
    if goods.is_foreign:
        _one_price(goods)
    return goods


def _merge(goods: SaidGoods, row: GoodsRow) -> None:
    for name, text in row.goods.items():
        there = goods.fields.get(name)
        if there is None or not there:
            goods.fields[name] = text or there or ""
            goods.said_on[name] = row.line if text else goods.said_on.get(name, row.line)
        elif text and text != there and not goods.is_foreign:
            row.wrong("rows_differ", column=name, line=goods.said_on[name])


def _pieces(goods: SaidGoods, rows: Sequence[GoodsRow]) -> None:
    with_choice = [row for row in rows if any(value for _, value in row.options)]
    names: list[str] = []
    for row in rows:
        named = [name for name, _ in row.options]
        names = [new or old for new, old in zip(named, names or [""] * len(named), strict=False)]
        if row.piece is None or not any(row.piece.values()):
            continue
        # Spree's first row speaks of the goods; where sizes follow it is no piece of its own.
        if goods.dialect is Dialect.SPREE and with_choice and row not in with_choice:
            continue
        fields = {name: text for name, text in row.piece.items() if name != "sku"}
        if goods.is_foreign:
            fields |= _choice_of(row, names)
        goods.pieces.append(SaidPiece(row.line, row.piece.get("sku", ""), fields))


def _choice_of(row: GoodsRow, names: Sequence[str]) -> dict[str, str]:
    """Return size and color of a foreign variant; a third option is told with its name."""
    size: list[str] = []
    color = ""
    for name, (_, value) in zip(names, row.options, strict=False):
        plain = name.casefold().strip()
        if not value or (plain, value.casefold()) == _NO_CHOICE:
            continue
        if plain in _COLORS and not color:
            color = value
        elif plain in _SIZES:
            size.insert(0, value)
        else:
            size.append(f"{name}: {value}" if name else value)
    choice = {"size": " · ".join(size), "color": color}
    if color and not has_han(color):
        choice["color_en"] = color
    for name, text in choice.items():
        if len(text) > BY_NAME[name].longest:
            row.wrong("option_too_long", text=text)
    return {name: text for name, text in choice.items() if text}


def _unique_pictures(goods: SaidGoods) -> None:
    kept: dict[str, tuple[int, Picture]] = {}
    for line, picture in goods.pictures:
        kept.setdefault(picture.name.casefold(), (line, picture))
    goods.pictures = list(kept.values())


def _one_price(goods: SaidGoods) -> None:
    """Give the goods the price of their first piece; the others keep one only if it differs."""
    if any(row.problems for row in goods.rows.values()):
        return
    priced = [piece for piece in goods.pieces if piece.fields.get("own_price")]
    if not priced:
        return
    price = priced[0].fields["own_price"]
    goods.fields["price"] = price
    goods.said_on["price"] = priced[0].line
    for piece in priced:
        if _same_sum(piece.fields["own_price"], price):
            del piece.fields["own_price"]


def _same_sum(one: str, other: str) -> bool:
    try:
        return fen_of(one) == fen_of(other)
    except NotAnAmount:
        return False
