"""What happens to pay."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class Earned(Event):
    """A member was credited an amount, sure or waiting."""

    earning_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class PayRunPrepared(Event):
    """A batch of pay was drawn up and waits for a second person."""

    pay_run_id: int


@dataclass(frozen=True, slots=True)
class TransferSent(Event):
    """A transfer by phone was sent to a member; it waits for her to confirm it."""

    pay_slip_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class TransferReturned(Event):
    """A transfer by phone came back, because she did not confirm it; her money stays owed."""

    pay_slip_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class PayRunReviewed(Event):
    """A second person approved a run that is above the limit; the town has its say."""

    pay_run_id: int


@dataclass(frozen=True, slots=True)
class PayRunSentBack(Event):
    """The town did not confirm a run; the room reads why and approves it anew."""

    pay_run_id: int
    words: str


@dataclass(frozen=True, slots=True)
class PayRunApproved(Event):
    """A second person approved a batch of pay."""

    pay_run_id: int


@dataclass(frozen=True, slots=True)
class PaidOut(Event):
    """A member got the money of one slip."""

    pay_slip_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class PayAsked(Event):
    """A member wants a small sum in the next run."""

    member_id: int
    request_id: int


@dataclass(frozen=True, slots=True)
class PayeeProposed(Event):
    """A bank account was noted for a member; nothing is sent there yet."""

    payee_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class PayeeDecided(Event):
    """A member's bank account was agreed to by a second person, refused or ended."""

    payee_id: int
    member_id: int
    state: str


@dataclass(frozen=True, slots=True)
class BankListTaken(Event):
    """Somebody took the file with whole account numbers of a run's members."""

    pay_run_id: int
    lines: int


@dataclass(frozen=True, slots=True)
class WageRecordTaken(Event):
    """Somebody took the file that says what each member of a run earned and got."""

    pay_run_id: int


@dataclass(frozen=True, slots=True)
class YearDrawnUp(Event):
    """Somebody wrote down how a year's surplus could be shared; members do not see it yet."""

    plan_id: int


@dataclass(frozen=True, slots=True)
class YearOpened(Event):
    """The papers of a year lie open to its members, fifteen days before their meeting."""

    plan_id: int


@dataclass(frozen=True, slots=True)
class YearDecided(Event):
    """The members' meeting decided on a year's surplus, or the plan was dropped."""

    plan_id: int
    state: str


@dataclass(frozen=True, slots=True)
class AdjustmentProposed(Event):
    """An advance, a deduction or a correction of a member's pay was noted; nothing changes yet."""

    adjustment_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class AdjustmentDecided(Event):
    """An adjustment was agreed to or refused, by its second person or by the member herself."""

    adjustment_id: int
    member_id: int
    state: str
    on_behalf: bool


@dataclass(frozen=True, slots=True)
class AdvancePaid(Event):
    """A member got an advance; later runs take it from her pay."""

    adjustment_id: int
    member_id: int
