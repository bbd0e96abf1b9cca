"""The wage record of a run: who earned what, what was taken, how and before whom she was paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import queries as accounts
from shop.earnings import adjustments
from shop.earnings import queries as earning_views
from shop.earnings.netting import AdjustmentKind
from shop.earnings.queries import PayRunView, SlipView
from shop.earnings.rules import EarningKind, PayChannel, PayoutState
from shop.kernel.access import Permission
from shop.kernel.money import Money, total
from shop.stations import queries as stations
from shop.web.access import requires
from shop.web.backoffice.pay_runs import pay_scope
from shop.web.backoffice.room import blueprint
from shop.web.downloads import csv_file
from shop.web.filters import localized

# What she earned, in the columns of the record; together they are all there is.
EARNED = (
    frozenset({EarningKind.PIECE_WAGE}),
    frozenset({EarningKind.CONSIGNMENT_SHARE, EarningKind.REVERSAL}),
    frozenset({EarningKind.INSTRUCTOR_FEE, EarningKind.ASSISTANT_FEE}),
    frozenset({EarningKind.BACK_PAY}),
)
TAKEN = (
    AdjustmentKind.ADVANCE,
    AdjustmentKind.TOOL,
    AdjustmentKind.MATERIAL,
    AdjustmentKind.OVERPAYMENT,
)


@blueprint.get("/pay-runs/<string:public_id>/record.csv")
@requires(Permission.SEE_DESK)
def pay_run_record(public_id: str) -> ResponseReturnValue:
    """Send the wage record that is kept for three years. Source: domain.md 7."""
    run = earning_views.pay_run(public_id, scope=pay_scope())
    slips = earning_views.slips(run.id)
    people = {slip.paid_by_id for slip in slips} | {slip.witness_id for slip in slips}
    names = accounts.names_of(frozenset(one for one in people if one is not None))
    # Read whole before the first byte leaves: half a record would look like a whole one.
    rows = list(_rows(run, slips, names))
    return csv_file(iter(rows), f"pay-{run.pay_on}.csv")


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
        _("Earned"),
        _("Advance"),
        _("Tools"),
        _("Material"),
        _("Too much written"),
        _("Left to pay"),
        _("How"),
        _("State"),
        _("Paid at"),
        _("Paid by"),
        _("Who saw it"),
        _("Slip"),
    ]


def _rows(run: PayRunView, slips: list[SlipView], names: Mapping[int, str]) -> Iterator[list[str]]:
    workshop = stations.workshop(run.workshop_id)
    zone = ZoneInfo(stations.station(run.station_id).time_zone)
    earned = earning_views.earned_by_kind(run.id)
    taken = adjustments.taken_by(slip.id for slip in slips)
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
            # What is carried over is told by kind in the run that pays it.
            *["" if is_carried else _plain(_sum_of(hers, kinds)) for kinds in EARNED],
            _plain(slip.gross),
            *[_plain(total([part for part, one in minus if one.kind is kind])) for kind in TAKEN],
            _plain(Money(0) if is_carried else slip.amount),
            _channels()[slip.channel] if is_paid else "",
            _states()[slip.state],
            f"{slip.paid_at.astimezone(zone):%Y-%m-%d %H:%M}" if slip.paid_at else "",
            names.get(slip.paid_by_id or 0, ""),
            names.get(slip.witness_id or 0, ""),
            slip.public_id,
        ]


def _sum_of(hers: Mapping[EarningKind, Money], kinds: frozenset[EarningKind]) -> Money:
    return total([amount for kind, amount in hers.items() if kind in kinds])


def _plain(sum_: Money) -> str:
    """Return a sum as spreadsheets compute it: no sign of the currency, no thousands."""
    yuan, fen = divmod(abs(sum_.minor), 100)
    return f"{'-' if sum_.minor < 0 else ''}{yuan}.{fen:02d}"


def _channels() -> dict[PayChannel, str]:
    return {
        PayChannel.CASH: _("Cash"),
        PayChannel.BANK: _("Bank"),
        PayChannel.WECHAT: _("WeChat"),
    }


def _states() -> dict[PayoutState, str]:
    return {
        PayoutState.PENDING: _("To be paid"),
        PayoutState.SENDING: _("Waits for her to confirm"),
        PayoutState.PAID: _("Paid out"),
        PayoutState.RETURNED: _("Came back"),
        PayoutState.CARRIED: _("Carried over to the next pay day"),
    }
