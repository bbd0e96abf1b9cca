"""Carriers as the house knows them: who can tell by himself where a parcel is, and who cannot.

A carrier of a contract is one small class here, installed at the start; every other is asked by a
person, who writes down what was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from shop.orders.rules import Scan


class CourierUnreachable(Exception):
    """A carrier did not answer, or answered nonsense; it is asked again later."""


class Courier(Protocol):
    """A carrier that answers."""

    def scans(self, tracking: str) -> Sequence[Scan]:
        """Return what was seen of a parcel, in any order, what is known already too.

        Raises CourierUnreachable. Never called inside a transaction.
        """


_couriers: dict[str, Courier] = {}


def install(couriers: Mapping[str, Courier]) -> None:
    """Tell the room which carriers answer, by the names that people write on parcels."""
    _couriers.clear()
    _couriers.update(couriers)


def answering() -> Mapping[str, Courier]:
    """Return the carriers that answer by themselves, by name; every other is asked by a person."""
    return _couriers
