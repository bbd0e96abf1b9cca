"""What happened to the money of funded projects."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ProjectOpened(Event):
    """A workshop may spend somebody's money for one purpose, once it has come."""

    project_id: int


@dataclass(frozen=True, slots=True)
class FundReceived(Event):
    """Money came in for a project."""

    project_id: int
    receipt_id: int


@dataclass(frozen=True, slots=True)
class FundReceiptWithdrawn(Event):
    """A receipt was written by mistake; a second person took it out of the books again."""

    project_id: int
    receipt_id: int


@dataclass(frozen=True, slots=True)
class AllowanceProposed(Event):
    """An attendance sheet was keyed in; nothing is paid yet."""

    sheet_id: int


@dataclass(frozen=True, slots=True)
class AllowanceDecided(Event):
    """An attendance sheet was agreed to by a second person, or refused."""

    sheet_id: int
    state: str
