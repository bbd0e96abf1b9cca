"""What workflows record of an order, which is the first field of each."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class CashTaken(Event):
    """Cash was taken for an order and change was given; ``key`` is the form that did it."""

    order_id: int
    given_minor: int
    change_minor: int
    key: str


@dataclass(frozen=True, slots=True)
class HandedOver(Event):
    """A part was put into its buyer's hands; ``key`` is the form that did it.

    proof    ``code``: she showed her pick-up code; ``asked``: a worker looked at name and phone.
    """

    order_id: int
    fulfillment_id: int
    key: str
    proof: str


@dataclass(frozen=True, slots=True)
class BuyerForgotten(Event):
    """An order says no longer whose it was: its buyer closed her account, and it is over."""

    order_id: int
