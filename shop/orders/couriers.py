"""Carriers as the house knows them: who can tell by himself where a parcel is, and who cannot.

A carrier of a contract is one small class here, installed at the start; every other is asked by a
person, who writes down what was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from shop.kernel.db import outside_transaction
from shop.orders.rules import Scan


class CourierUnreachable(Exception):
    """A carrier did not answer, or answered nonsense; it is asked again later."""


class Courier(Protocol):
    """A carrier that answers."""

    def scans(self, tracking: str) -> Sequence[Scan]:
        """Return what was seen of a parcel, in any order, what is known already too.

        Raises CourierUnreachable. Never called inside a transaction.
        """


class AskedByHand:
    """A carrier that only people ask: it tells nothing by itself."""

    def scans(self, tracking: str) -> Sequence[Scan]:
        """Return nothing."""
        outside_transaction()
        del tracking
        return ()


_BY_HAND = AskedByHand()
_couriers: dict[str, Courier] = {}


def install(couriers: Mapping[str, Courier]) -> None:
    """Tell the room which carriers answer, by the names that people write on parcels."""
    _couriers.clear()
    _couriers.update(couriers)


def answering() -> frozenset[str]:
    """Return the names of the carriers that answer by themselves."""
    return frozenset(_couriers)


def courier(carrier: str) -> Courier:
    """Return who tells where a carrier's parcels are; for most of them only people do."""
    return _couriers.get(carrier, _BY_HAND)
