"""The wage record of a run: who earned what, what was taken, how and before whom she was paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as accounts
from shop.earnings import adjustments
from shop.earnings import queries as earning_views
from shop.earnings import services as earnings
from shop.earnings.netting import AdjustmentKind
from shop.earnings.queries import PayRunView, SlipView
from shop.earnings.rules import SHARES_OF_SURPLUS, EarningKind, PayoutState
from shop.kernel.access import Permission
from shop.kernel.money import Money, total
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import PAY, joint_scope
from shop.web.downloads import csv_file
from shop.web.earning_words import CHANNELS, PAYOUT_STATES
from shop.web.filters import localized

# What she earned, in the columns of the record; together they are all there is.
EARNED = (
    frozenset({EarningKind.PIECE_WAGE}),
    frozenset({EarningKind.CONSIGNMENT_SHARE, EarningKind.REVERSAL}),
    frozenset({EarningKind.INSTRUCTOR_FEE, EarningKind.ASSISTANT_FEE}),
    frozenset({EarningKind.BACK_PAY}),
    frozenset({EarningKind.PROJECT_ALLOWANCE}),
    SHARES_OF_SURPLUS,
)
TAKEN = (
    AdjustmentKind.ADVANCE,
    AdjustmentKind.TOOL,
    AdjustmentKind.MATERIAL,
    AdjustmentKind.OVERPAYMENT,
)


@blueprint.post("/pay-runs/<string:public_id>/record.csv")
@requires(Permission.SEE_DESK)
def pay_run_record(public_id: str) -> ResponseReturnValue:
    """Send the wage record that is kept for three years; who took it is written down.

    Source: domain.md 7.
    """
    run = earning_views.pay_run(public_id, scope=joint_scope(current_actor(), PAY))
    earnings.note_record_taken(pay_run_id=run.id, actor=current_actor(), now=now())
    slips = earning_views.slips(run.id)
    people = {slip.paid_by_id for slip in slips} | {slip.witness_id for slip in slips}
    names = accounts.names_of(frozenset(one for one in people if one is not None))
    # Read whole before the first byte leaves: half a record would look like a whole one.
    workshop = stations.workshop(run.workshop_id)
    rows = list(_rows(run, workshop, slips, names))
    return csv_file(iter(rows), f"pay-{workshop.slug}-{run.pay_on}.csv")


def _heading() -> list[str]:
    return [
        _("Workshop"),
        _("Accepted until"),
        _("Pay day"),
        _("Code"),
        _("Name"),
        _("Pay for pieces"),
        _("Shares of sales"),
        _("Hosting"),
        _("Back pay"),
        _("Project allowance"),
        _("Shares of the surplus"),
        _("Earned"),
        _("Advance"),
        _("Tools"),
        _("Material"),
        _("Too much written"),
        _("Net pay"),
        _("Carried over"),
        _("How"),
        _("State"),
        _("Paid at"),
        _("Paid by"),
        _("Who saw it"),
        _("Slip"),
    ]


def _rows(
    run: PayRunView, workshop: WorkshopView, slips: list[SlipView], names: Mapping[int, str]
) -> Iterator[list[str]]:
    zone = ZoneInfo(stations.station(run.station_id).time_zone)
    earned = earning_views.earned_by_kind(run.id)
    taken = adjustments.taken_by(slip.id for slip in slips)
    nothing = Money(0)
    yield _heading()
    for slip in slips:
        hers = earned.get(slip.id, {})
        minus = taken.get(slip.id, [])
        is_paid, is_carried = slip.state is PayoutState.PAID, slip.state is PayoutState.CARRIED
        yield [
            localized(workshop, "name"),
            run.period_end_on.isoformat(),
            run.pay_on.isoformat(),
            slip.member_code,
            slip.member_name,
            # What is carried over is earned in the run that pays it: every column can be summed.
            *[_sum_of(hers, kinds).figures for kinds in EARNED],
            (nothing if is_carried else slip.gross).figures,
            *[total([part for part, one in minus if one.kind is kind]).figures for kind in TAKEN],
            (nothing if is_carried else slip.amount).figures,
            (slip.gross if is_carried else nothing).figures,
            str(CHANNELS[slip.channel]) if is_paid else "",
            str(PAYOUT_STATES[slip.state]),
            f"{slip.paid_at.astimezone(zone):%Y-%m-%d %H:%M}" if slip.paid_at else "",
            names.get(slip.paid_by_id or 0, ""),
            names.get(slip.witness_id or 0, ""),
            slip.public_id,
        ]


def _sum_of(hers: Mapping[EarningKind, Money], kinds: frozenset[EarningKind]) -> Money:
    return total([amount for kind, amount in hers.items() if kind in kinds])
