"""What happened in production."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class RateSet(Event):
    """Somebody proposed a piece rate; it waits for a second person."""

    rate_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class RateApproved(Event):
    """A second person put a piece rate in force."""

    rate_id: int
    product_id: int


@dataclass(frozen=True, slots=True)
class WorkOffered(Event):
    """Work was offered to a member."""

    work_order_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class WorkAccepted(Event):
    """A member took the work, herself or through a helper who said so for her."""

    work_order_id: int
    member_id: int
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class WorkDeclined(Event):
    """A member did not take the work."""

    work_order_id: int
    member_id: int
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class AppealSaid(Event):
    """A maker objects to a verdict, herself or through a helper who noted it for her."""

    hand_in_id: int
    member_id: int
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class AppealDecided(Event):
    """Somebody else looked again: the objection was right, or the verdict is kept."""

    hand_in_id: int
    member_id: int
    is_upheld: bool


@dataclass(frozen=True, slots=True)
class SlipsPrinted(Event):
    """Slips were printed for writing by hand, with the numbers from first to last."""

    station_id: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class WorkClosed(Event):
    """The rest of a work order will not be made."""

    work_order_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class MaterialIssued(Event):
    """Material left the store for one work order."""

    work_order_id: int
    material_issue_id: int


@dataclass(frozen=True, slots=True)
class HandInCounted(Event):
    """Pieces were brought back and counted."""

    hand_in_id: int
    work_order_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class HandInInspected(Event):
    """Pieces were looked at, or passed because nobody had looked in time."""

    hand_in_id: int
    work_order_id: int
    member_id: int
    by_silence: bool


@dataclass(frozen=True, slots=True)
class PiecesCoded(Event):
    """Passed pieces got the codes of their labels."""

    product_id: int
    hand_in_id: int


@dataclass(frozen=True, slots=True)
class ComingSaid(Event):
    """A member said when she brings her pieces, herself or through a helper."""

    member_id: int


@dataclass(frozen=True, slots=True)
class ComingEnded(Event):
    """A member does not come after all."""

    member_id: int
