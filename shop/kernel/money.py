"""Money as whole minor units: addition, shares and percentages that never lose a fen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CNY = "CNY"


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in whole minor units (fen for CNY); adds only to its own currency."""

    minor: int
    currency: str = CNY

    def __post_init__(self) -> None:
        """Refuse a float or a decimal: an amount that is not whole is not money here."""
        if type(self.minor) is not int:
            message = f"money is counted in whole minor units, not {self.minor!r}"
            raise TypeError(message)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            message = f"{self.currency} and {other.currency} cannot meet"
            raise CurrencyMismatch(message)

    def __add__(self, other: Money) -> Money:
        """Return the sum of two amounts of one currency."""
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        """Return the difference of two amounts of one currency."""
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        """Return the same amount the other way."""
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        """Return the amount taken a whole number of times."""
        if type(times) is not int:
            message = f"money is multiplied by whole numbers, not {times!r}"
            raise TypeError(message)
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        """Compare two amounts of one currency."""
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        """Compare two amounts of one currency."""
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        """Say whether this is anything but zero."""
        return self.minor != 0

    @property
    def figures(self) -> str:
        """Return the amount as programs and spreadsheets read it: ``1186.54``, ``-5.11``."""
        yuan, fen = divmod(abs(self.minor), 100)
        return f"{'-' if self.minor < 0 else ''}{yuan}.{fen:02d}"

    def percent(self, percentage: Decimal | int | str) -> Money:
        """Return that percentage of the amount, half-up to the minor unit.

        percentage    25 means a quarter; text and Decimal keep fractions such as "0.6" exact.
        """
        exact = Decimal(self.minor) * Decimal(percentage) / 100
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.currency)

    def share_out(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Return parts in proportion to the weights that add up to the amount exactly.

        Parts are floored, then the missing minor units go to the largest remainders; ties go to
        the earlier place. All weights zero means equal shares. Source: domain.md 4 (splits).

        Raises ValueError without weights or with a negative one.
        """
        if not weights or min(weights) < 0:
            message = "shares need at least one weight and none below zero"
            raise ValueError(message)
        total = sum(weights)
        scale = list(weights) if total else [1] * len(weights)
        total = total or len(weights)
        exact = [Decimal(self.minor) * weight / total for weight in scale]
        floors = [int(part.to_integral_value(ROUND_FLOOR)) for part in exact]
        missing = self.minor - sum(floors)
        by_remainder = sorted(range(len(scale)), key=lambda i: (floors[i] - exact[i], i))
        for place in by_remainder[:missing]:
            floors[place] += 1
        return tuple(Money(part, self.currency) for part in floors)


def total(amounts: Sequence[Money], currency: str = CNY) -> Money:
    """Return the sum of amounts of one currency; zero of ``currency`` when there are none."""
    if not amounts:
        return Money(0, currency)
    (one, *others) = {amount.currency for amount in amounts}
    if others:
        message = f"{one} and {others[0]} cannot meet"
        raise CurrencyMismatch(message)
    return Money(sum(amount.minor for amount in amounts), one)
