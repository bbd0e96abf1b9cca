"""What a catalog file may be, how far it has come, what becomes of a row. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from shop.kernel.i18n import N_
from shop.kernel.money import CNY

MOST_ROWS = 100_000
# All of a file is written in one transaction, and on SQLite buyers wait for it: some seconds.
MOST_GOODS = 10_000
MOST_COLUMNS = 200
MOST_FILE_BYTES = 100 * 1024 * 1024
MOST_PICTURE_FILE_BYTES = 1024 * 1024 * 1024
# Through a form; who has more brings it in several goes, or at the command line.
MOST_SENT_PICTURE_BYTES = 200 * 1024 * 1024
LONGEST_CELL = 100_000
KEPT_DAYS = 7
HIGHEST_PRICE = 100_000_000  # fen: a million yuan for one piece is a slip of the pen


class FileState(StrEnum):
    """Where an uploaded catalog stands. *Ordered* means that a person said: write it."""

    RECEIVED = "received"
    READ = "read"
    ORDERED = "ordered"
    WRITTEN = "written"
    REFUSED = "refused"
    DISCARDED = "discarded"


# What was ordered goes back to *received* when the goods have changed since the dry run: a person
# looks again at what would happen now.
FILE_MOVES: dict[FileState, frozenset[FileState]] = {
    FileState.RECEIVED: frozenset({FileState.READ, FileState.REFUSED, FileState.DISCARDED}),
    FileState.READ: frozenset({FileState.ORDERED, FileState.RECEIVED, FileState.DISCARDED}),
    FileState.ORDERED: frozenset(
        {FileState.WRITTEN, FileState.READ, FileState.RECEIVED, FileState.REFUSED}
    ),
    FileState.WRITTEN: frozenset(),
    FileState.REFUSED: frozenset({FileState.DISCARDED}),
    FileState.DISCARDED: frozenset(),
}
# The worker has something to do.
IN_HAND = frozenset({FileState.RECEIVED, FileState.ORDERED})


def states_before(state: FileState) -> frozenset[FileState]:
    """Return the states from which a file may become ``state``."""
    return frozenset(before for before, after in FILE_MOVES.items() if state in after)


class Outcome(StrEnum):
    """What a row would do, or did."""

    NEW = "new"
    CHANGES = "changes"
    SAME = "same"
    LEFT_OUT = "left_out"
    ERROR = "error"


class Dialect(StrEnum):
    """Whose columns a file has; told by its head line."""

    OWN = "own"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    SPREE = "spree"


class OtherCurrency(StrEnum):
    """What becomes of a row whose price is not in yuan."""

    REFUSE = "refuse"
    WITHOUT_PRICE = "without_price"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person says about a file because the file itself cannot.

    currency         of prices without a currency of their own; None: the file must name it.
    other_currency   refuse rows that are not in yuan, or bring the goods in without a price.
    share_percent    the makers' share of the price, where the file does not say what they get.
    """

    currency: str | None = None
    other_currency: OtherCurrency = OtherCurrency.REFUSE
    share_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about a row: a code of ``REASONS`` and what fills its blanks."""

    code: str
    about: dict[str, str]

    @classmethod
    def of(cls, code: str, /, **about: object) -> Remark:
        """Return a remark with its blanks as text."""
        return cls(code, {name: str(value) for name, value in about.items()})


_AMOUNT = re.compile(r"(?P<yuan>\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(?P<fen>\d{1,2})0*)?")


class NotAnAmount(ValueError):
    """A text is not a sum of money; the argument is a code of ``REASONS``."""


def fen_of(text: str) -> int:
    """Return a sum in yuan such as ``88``, ``1,280.50`` or ``¥46.20`` in fen.

    Raises NotAnAmount: below zero, finer than one fen, beyond a million yuan, no number at all.
    """
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("元").lstrip("¥").strip()
    if re.fullmatch(r"-\s*[\d,.]+", plain):
        raise NotAnAmount("price_negative")
    if re.fullmatch(r"\d+\.\d*[1-9]\d*", plain) and not _AMOUNT.fullmatch(plain):
        raise NotAnAmount("price_finer_than_fen")
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise NotAnAmount("price_unreadable")
    fen = int(found["yuan"].replace(",", "")) * 100 + int((found["fen"] or "0").ljust(2, "0"))
    if fen > HIGHEST_PRICE:
        raise NotAnAmount("price_absurd")
    return fen


def yuan_of(fen: int) -> str:
    """Return a sum in fen as a file holds it: ``46.20``."""
    return f"{fen // 100}.{fen % 100:02d}"


def is_yuan(currency: str) -> bool:
    """Say whether a currency as people write it is the yuan."""
    return currency.strip().upper() in {CNY, "RMB", "¥", "元", "人民币"}


def has_han(text: str) -> bool:
    """Say whether a text is Chinese, as far as one character can tell."""
    return any("\u3400" <= character <= "\u9fff" for character in text)


# Shown on the dry run and in the report; %(name)s is filled from the remark.
REASONS: dict[str, str] = {
    # the file as a whole
    "too_large": N_("the file is larger than %(megabytes)s MB: cut it into parts"),
    "too_many_rows": N_("the file has more than %(most)s rows: cut it into parts"),
    "too_many_goods": N_("the file has more than %(most)s goods: cut it into parts"),
    "too_many_columns": N_("the file has more than %(most)s columns"),
    "not_text": N_("the file is neither UTF-8 nor GBK text, nor an XLSX workbook"),
    "empty": N_("the file has no head line"),
    "no_rows": N_("the file has a head line and nothing below it"),
    "unknown_head": N_(
        "the head line belongs to no format known here: %(head)s. The help page has a file to "
        "begin with"
    ),
    "head_twice": N_("two columns are called “%(column)s”"),
    "broken_csv": N_("line %(line)s cannot be read: %(why)s"),
    "broken_workbook": N_("the workbook cannot be read"),
    "unsafe_workbook": N_("the workbook holds what no catalog holds: it was not opened"),
    "currency_unsaid": N_(
        "the file does not say in which currency its prices are: say it and bring it in again"
    ),
    "broken_pictures": N_("the picture file is not a ZIP that can be read"),
    "unsafe_pictures": N_("the ZIP of pictures holds “%(name)s”, which is not a plain file in it"),
    "pictures_too_large": N_("the pictures are larger than %(megabytes)s MB, packed or unpacked"),
    "too_many_pictures": N_("the ZIP holds more than %(most)s files"),
    "gone": N_("the file has been removed: bring it in again"),
    "not_yours": N_("whoever brought this file may not change the goods of this workshop any more"),
    "changed_since": N_(
        "somebody changed %(codes)s after the last look: nothing was written, and this is how it "
        "stands now"
    ),
    "has_errors": N_("a row turned out to be wrong after all: nothing was written"),
    "failed": N_("something went wrong while reading, and we have written it down"),
    # rows that are wrong
    "columns_differ": N_("this row has not as many fields as the head line"),
    "no_code": N_("there is neither a code nor a SKU"),
    "unknown_sku": N_("no goods of this workshop have the SKU %(sku)s; new goods need a code"),
    "no_title": N_("new goods need a title"),
    "too_long": N_("“%(column)s” is longer than %(most)s characters"),
    "rows_differ": N_("“%(column)s” differs from what line %(line)s says of the same goods"),
    "sku_twice": N_("line %(line)s has the SKU %(sku)s already"),
    "choice_twice": N_("line %(line)s has the same size and color already"),
    "sku_elsewhere": N_("the SKU %(sku)s belongs to other goods of this workshop (%(code)s)"),
    "choice_has_other_sku": N_("this size with this color is there already, as %(sku)s"),
    "second_grade": N_(
        "%(sku)s is a second-grade piece: inspection makes those, a file cannot change them"
    ),
    "other_workshop": N_("this row belongs to the workshop %(workshop)s"),
    "unknown_category": N_("there is no shelf called “%(category)s”"),
    "unknown_term": N_("the vocabulary for “%(column)s” has no “%(word)s”"),
    "unknown_maker": N_("no maker of this workshop has the code %(maker)s"),
    "unknown_word": N_("“%(word)s” is not one of the words that “%(column)s” knows: %(words)s"),
    "price_unreadable": N_("“%(text)s” is not a sum in yuan such as 88 or 46.20"),
    "price_negative": N_("a price cannot be below zero: “%(text)s”"),
    "price_finer_than_fen": N_("“%(text)s” is finer than one fen"),
    "price_absurd": N_("“%(text)s” is more than a million yuan"),
    "price_zero": N_("a price of nothing is no price; leave the cell empty"),
    "foreign_currency": N_("the price is in %(currency)s; only yuan (CNY) become prices here"),
    "currency_missing": N_("there is a price but no currency"),
    "number_unreadable": N_("“%(text)s” in “%(column)s” is not a whole number in its bounds"),
    "split_does_not_add_up": N_("the parts do not add up to the price, or one is below zero"),
    "pay_not_behind_price": N_(
        "the pay in the price must be what the maker gets: %(due)s, not %(said)s"
    ),
    "pay_unsaid": N_("there is a price, but neither minutes nor a share say what the maker gets"),
    "share_wrong": N_("a consignment share lies between 1 and 100 percent; a piece wage has none"),
    "lane_stands": N_("how the maker is paid cannot be changed by a file"),
    "own_price_later": N_(
        "a size can have a price of its own only before the first price of the goods is approved"
    ),
    "goods_ended": N_("these goods have ended and are not changed any more"),
    "no_such_picture": N_("the picture “%(name)s” is not in the ZIP"),
    "picture_twice": N_("the ZIP holds two pictures called “%(name)s”"),
    "not_a_picture": N_("“%(name)s” is not a JPEG, PNG or WebP picture"),
    "picture_too_large": N_("the picture “%(name)s” has too many bytes or pixels"),
    "picture_moves": N_("the picture “%(name)s” moves; goods are shown standing still"),
    "too_many_pictures_of_goods": N_("one product has at most %(most)s pictures"),
    "picture_damaged": N_("the picture “%(name)s” cannot be read to its end"),
    "gift_card": N_("a gift card is no piece of craft"),
    "no_parent": N_("the goods %(parent)s that this variation belongs to are not in the file"),
    "option_too_long": N_("the options of this variant do not fit: “%(text)s”"),
    # rows that are left out, and why
    "kind_left_out": N_("a row of kind “%(kind)s” is no piece of craft"),
    "second_currency": N_("a further price of the same piece, in %(currency)s"),
    # what a person should know
    "picture_by_link": N_("we open no links: bring the picture “%(name)s” in the ZIP"),
    "without_price": N_("comes in without a price: %(price)s %(currency)s is not yuan"),
    "no_sheet": N_("comes in without a price sheet: the file does not say what the maker gets"),
    "sale_price": N_("the lower price %(price)s is not brought in: one price, two people"),
    "shelf_unknown": N_("there is no shelf called “%(category)s”: comes in without one"),
    "html_made_plain": N_("the description was HTML; its words and paragraphs are kept"),
    "one_language": N_("there is no Chinese title yet: the other one stands in for it"),
    "no_size_yet": N_("new sizes of goods on sale are offered from the desk"),
    "stays_off_sale": N_("a file does not put a size on sale: the desk does"),
    "read_as_gbk": N_("the text was read as GBK"),
}
