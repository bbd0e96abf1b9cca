"""What happened to orders; the first field of each is its subject, the order."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """A buyer has agreed; goods and seats are held for her."""

    order_id: int


@dataclass(frozen=True, slots=True)
class OrderPaid(Event):
    """The money is ours and the order stands."""

    order_id: int
    payment_id: int


@dataclass(frozen=True, slots=True)
class OrderExpired(Event):
    """Nobody paid in time; goods and seats are free again."""

    order_id: int


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    """A person ended an order that was not paid."""

    order_id: int


@dataclass(frozen=True, slots=True)
class OrderImported(Event):
    """A sale of the past was written down."""

    order_id: int


@dataclass(frozen=True, slots=True)
class PartPacked(Event):
    """One workshop's part stands packed."""

    order_id: int
    fulfillment_id: int


@dataclass(frozen=True, slots=True)
class PartShipped(Event):
    """The last piece of one workshop's part has left, or it was handed over at the counter."""

    order_id: int
    fulfillment_id: int


@dataclass(frozen=True, slots=True)
class ParcelMoved(Event):
    """One parcel of a part has come to another place; ``state`` says to which."""

    order_id: int
    fulfillment_id: int
    parcel_id: int
    state: str


@dataclass(frozen=True, slots=True)
class ParcelRenumbered(Event):
    """A parcel on its way had a wrong carrier or number; ``was`` is what stood there."""

    order_id: int
    fulfillment_id: int
    parcel_id: int
    was: str


@dataclass(frozen=True, slots=True)
class PartReceived(Event):
    """All of one workshop's part has reached its buyer; the return window runs."""

    order_id: int
    fulfillment_id: int


@dataclass(frozen=True, slots=True)
class OrderCompleted(Event):
    """Every part is with its buyer and the return windows are over."""

    order_id: int


@dataclass(frozen=True, slots=True)
class MoneyGoesBack(Event):
    """A refund was asked for and its money is on the way."""

    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True)
class RefundSettled(Event):
    """The money of a refund has gone back to the buyer."""

    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True)
class RefundRefused(Event):
    """The money of a refund could not go back, or came back to us; a person must look."""

    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True)
class RefundTriedAgain(Event):
    """A person sends refused money again; ``refund_id`` is the new try."""

    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True)
class CashOffered(Event):
    """Refused money waits for its buyer at the counter; ``refund_id`` is the new try."""

    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True)
class CashOfferEnded(Event):
    """The cash went back into the drawer, not to the buyer."""

    order_id: int
    refund_id: int


@dataclass(frozen=True, slots=True)
class DisputeOpened(Event):
    """The buyer's bank wants the money of an order back and has taken it until it decides."""

    order_id: int
    dispute_id: int


@dataclass(frozen=True, slots=True)
class DisputeAnswered(Event):
    """Our evidence lies with the buyer's bank."""

    order_id: int
    dispute_id: int


@dataclass(frozen=True, slots=True)
class DisputeWon(Event):
    """The bank decided for us: the money is ours again."""

    order_id: int
    dispute_id: int


@dataclass(frozen=True, slots=True)
class DisputeLost(Event):
    """The bank decided for the buyer: the money is gone, like a refund."""

    order_id: int
    dispute_id: int


@dataclass(frozen=True, slots=True)
class UnmatchedReturnClosed(Event):
    """A person has looked at a return without a sale and said what became of it."""

    unmatched_return_id: int


@dataclass(frozen=True, slots=True)
class NoReturnAgreed(Event):
    """The buyer confirmed that what is made to her wish cannot come back without a reason."""

    order_id: int


@dataclass(frozen=True, slots=True)
class QueueChanged(Event):
    """Work that waits at a station became more or less, so its delivery dates move; not kept."""

    station_id: int
