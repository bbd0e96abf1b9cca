"""What happened in payments."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ProviderEventReceived(Event):
    """A provider's event with a good signature lies in the inbox and waits to be applied."""

    provider_event_id: int


@dataclass(frozen=True, slots=True)
class ProviderEventReviewed(Event):
    """A person looked at a provider's event that fitted nothing here, and closed it."""

    provider_event_id: int


@dataclass(frozen=True, slots=True)
class DifferenceClosed(Event):
    """A person said what became of a difference between the other side and us."""

    difference_id: int


@dataclass(frozen=True, slots=True)
class TransferSeen(Event):
    """A person saw a buyer's transfer on our bank account; another one is to confirm it."""

    order_id: int
    payment_id: int


@dataclass(frozen=True, slots=True)
class TransferConfirmed(Event):
    """A second person saw the same transfer: it is money."""

    order_id: int
    payment_id: int


@dataclass(frozen=True, slots=True)
class TransferTakenBack(Event):
    """A transfer had been written down by mistake."""

    order_id: int
    payment_id: int


@dataclass(frozen=True, slots=True)
class DemoEventEmitted(Event):
    """The demonstration's provider wants to tell us something."""

    demo_event_id: str
