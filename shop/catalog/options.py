"""What may be woven to one buyer's wish: a name, a measure, a color. Pure: no database, no clock.

Options belong to a price sheet: they are written, dated and approved with it and never change.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from shop.catalog.rules import PAYMENT_FEE_PERCENT, PriceSplit, SplitDoesNotAddUp
from shop.kernel.errors import InvalidInput
from shop.kernel.money import Money, total

MOST_LETTERS = 12
MOST_MM = 5000
MOST_OPTIONS = 6
MOST_CHOICES = 12
# What a hand can weave: Chinese characters, Latin letters with their accents, digits and the few
# signs that names have. No sign that changes the direction of writing, no picture.
_WOVEN = re.compile(
    r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
    r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f0-9 \u00b7&'\u2019-]+"
)
_KEY = re.compile(r"[a-z][a-z0-9-]{0,23}")


class OptionKind(StrEnum):
    """What a buyer is asked: words to weave in, a length, or one of a few things."""

    TEXT = "text"
    MEASURE = "measure"
    CHOICE = "choice"


class BadOption(InvalidInput):
    """An option asks for nothing that can be answered: no name, no bounds, or no choices."""

    code: ClassVar[str] = "catalog.bad_option"


class WishRefused(InvalidInput):
    """What a buyer asked for cannot be woven; ``option`` says which, ``why`` in one word."""

    code: ClassVar[str] = "catalog.wish_refused"


@dataclass(frozen=True, slots=True)
class Extra:
    """What a wish adds to one piece: its price and where that goes, and minutes of work.

    The payment fee of the price comes off too; what is left goes to reserve and surplus.
    """

    price: Money = field(default_factory=lambda: Money(0))
    pay: Money = field(default_factory=lambda: Money(0))
    material: Money = field(default_factory=lambda: Money(0))
    workshop: Money = field(default_factory=lambda: Money(0))
    minutes: int = 0

    def __post_init__(self) -> None:
        """Refuse an extra that does not carry its own pay, material and fee."""
        parts = (self.pay, self.material, self.workshop, self.rest)
        if min(part.minor for part in parts) < 0 or self.minutes < 0:
            raise SplitDoesNotAddUp(price=self.price.minor)

    @property
    def rest(self) -> Money:
        """Return what is left of the price for reserve and surplus."""
        fee = self.price.percent(PAYMENT_FEE_PERCENT)
        return self.price - self.pay - self.material - self.workshop - fee


@dataclass(frozen=True, slots=True)
class OptionChoice:
    """One of a few things to choose from."""

    code: str
    value: str
    value_en: str | None
    extra: Extra


@dataclass(frozen=True, slots=True)
class CustomOption:
    """One question a buyer may answer, or leave.

    most_letters                  of a text.
    least_mm, most_mm, step_mm    of a measure, in millimetres; asked for in centimetres.
    extra                         of a text or a measure; each choice has its own.
    """

    key: str
    kind: OptionKind
    label: str
    label_en: str | None = None
    most_letters: int = 0
    least_mm: int = 0
    most_mm: int = 0
    step_mm: int = 0
    extra: Extra = field(default_factory=Extra)
    choices: tuple[OptionChoice, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what nobody could answer. Raises BadOption."""
        fits = {
            OptionKind.TEXT: 0 < self.most_letters <= MOST_LETTERS,
            OptionKind.MEASURE: 0 < self.least_mm < self.most_mm <= MOST_MM and self.step_mm > 0,
            OptionKind.CHOICE: 0 < len(self.choices) <= MOST_CHOICES
            and len({one.code for one in self.choices}) == len(self.choices)
            and all(_KEY.fullmatch(one.code) and one.value for one in self.choices),
        }
        if not fits[self.kind] or not _KEY.fullmatch(self.key) or not self.label:
            raise BadOption(option=self.label or self.key)

    @property
    def most(self) -> Extra:
        """Return the most that answering it adds: for a date that holds whatever is chosen."""
        extras = [one.extra for one in self.choices] or [self.extra]
        return max(extras, key=lambda one: one.minutes)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One answer of a buyer, in words of both languages, with what it adds to a piece."""

    key: str
    label: str
    label_en: str | None
    value: str
    value_en: str | None
    extra: Extra


def written(typed: Mapping[str, str]) -> str:
    """Return answers in one writing, so that equal wishes are equal texts; nothing for none."""
    said = {key: value for key, value in typed.items() if value}
    return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""


def read(text: str) -> dict[str, str]:
    """Return the answers that ``written`` wrote."""
    return dict(json.loads(text)) if text else {}


def choose(options: Sequence[CustomOption], typed: Mapping[str, str]) -> tuple[Chosen, ...]:
    """Return what was chosen of the options, in their order; empty answers choose nothing.

    typed    by the option's key: words, centimetres such as ``23.5``, or the code of a choice.

    Raises WishRefused for an answer that the option does not take, or without an option.
    """
    asked = {key: value.strip() for key, value in typed.items() if value.strip()}
    strangers = set(asked) - {option.key for option in options}
    if strangers:
        raise WishRefused(option=min(strangers), why="gone")
    return tuple(_chosen(option, asked[option.key]) for option in options if option.key in asked)


def _chosen(option: CustomOption, answer: str) -> Chosen:
    match option.kind:
        case OptionKind.TEXT:
            value = value_en = _woven_text(option, answer)
            extra = option.extra
        case OptionKind.MEASURE:
            value = value_en = f"{centimetres(_length(option, answer))} cm"
            extra = option.extra
        case OptionKind.CHOICE:
            found = next((one for one in option.choices if one.code == answer), None)
            if found is None:
                raise WishRefused(option=option.key, why="gone")
            value, value_en, extra = found.value, found.value_en or found.value, found.extra
    return Chosen(option.key, option.label, option.label_en, value, value_en, extra)


def _woven_text(option: CustomOption, answer: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", answer).split())
    if len(text) > option.most_letters:
        raise WishRefused(option=option.key, why="long")
    if not _WOVEN.fullmatch(text) or not any(sign.isalnum() for sign in text):
        raise WishRefused(option=option.key, why="signs")
    return text


def _length(option: CustomOption, answer: str) -> int:
    plain = unicodedata.normalize("NFKC", answer).replace(",", ".").removesuffix("cm").strip()
    said = re.fullmatch(r"(?P<cm>[0-9]{1,4})(?:\.(?P<mm>[0-9]))?", plain)
    if said is None:
        raise WishRefused(option=option.key, why="number")
    mm = int(said["cm"]) * 10 + int(said["mm"] or 0)
    if not option.least_mm <= mm <= option.most_mm or (mm - option.least_mm) % option.step_mm:
        raise WishRefused(option=option.key, why="bounds")
    return mm


def centimetres(mm: int) -> str:
    """Return a length as people say it: ``23.5`` or ``24``."""
    whole, rest = divmod(mm, 10)
    return f"{whole}.{rest}" if rest else str(whole)


def minutes_of(chosen: Iterable[Chosen]) -> int:
    """Return the minutes that the answers add to one piece."""
    return sum(one.extra.minutes for one in chosen)


def price_of(chosen: Iterable[Chosen]) -> Money:
    """Return what the answers add to the price of one piece."""
    return total([one.extra.price for one in chosen])


def split_with(
    split: PriceSplit, chosen: Sequence[Chosen], *, share_percent: int | None = None
) -> PriceSplit:
    """Return where the price of one piece with its wishes goes; still adds up to the fen.

    share_percent    of a consignment piece: her share is of the whole price.

    Fees round once, for the whole price; a fen that this costs comes out of the rest.
    Source: domain.md 5 E2.
    """
    extras = [one.extra for one in chosen]
    price = split.price + total([one.price for one in extras])
    pay = split.pay + total([one.pay for one in extras])
    if share_percent is not None:
        pay = price.percent(share_percent)
    material = split.material + total([one.material for one in extras])
    workshop = split.workshop + total([one.workshop for one in extras])
    left = price - pay - material - split.pack - workshop
    fee = min(price.percent(PAYMENT_FEE_PERCENT), left, key=lambda amount: amount.minor)
    return PriceSplit(price, pay, material, split.pack, fee, workshop, rest=left - fee)


def frozen(chosen: Iterable[Chosen]) -> str:
    """Return answers as an order line or a work order keeps them; nothing for none."""
    facts = [
        {
            "key": one.key,
            "label": one.label,
            "label_en": one.label_en,
            "value": one.value,
            "value_en": one.value_en,
            "price_minor": one.extra.price.minor,
            "pay_minor": one.extra.pay.minor,
            "material_minor": one.extra.material.minor,
            "workshop_minor": one.extra.workshop.minor,
            "minutes": one.extra.minutes,
        }
        for one in chosen
    ]
    return json.dumps(facts, ensure_ascii=False) if facts else ""


def thawed(text: str) -> tuple[Chosen, ...]:
    """Return the answers that ``frozen`` kept."""
    facts: list[dict[str, Any]] = json.loads(text) if text else []  # Any: texts and numbers
    return tuple(
        Chosen(
            key=one["key"],
            label=one["label"],
            label_en=one["label_en"],
            value=one["value"],
            value_en=one["value_en"],
            extra=Extra(
                price=Money(one["price_minor"]),
                pay=Money(one["pay_minor"]),
                material=Money(one["material_minor"]),
                workshop=Money(one["workshop_minor"]),
                minutes=one["minutes"],
            ),
        )
        for one in facts
    )
