"""Her view of a year's papers, fifteen days before the members decide and after it."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from shop.earnings import rules, years
from shop.earnings.rules import EarningKind
from shop.earnings.years import YearLine, YearView
from shop.kernel.access import Permission
from shop.web.access import requires
from shop.web.earning_words import say
from shop.web.member.frame import blueprint, frame, me, my_id, today, while_open


@blueprint.get("/year")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def year_papers() -> ResponseReturnValue:
    """Show how a year's surplus is shared and what she gets of it, each sum in a sentence."""
    shown = years.shown_to(my_id())
    return render_template(
        "member/year.html",
        shown=shown,
        said=_said(*shown) if shown is not None else (),
        **frame(me()),
    )


def _said(year: YearView, line: YearLine) -> tuple[str, str]:
    sums = years.together(years.lines_of(year.id))
    by_work = rules.sentence(
        EarningKind.PATRONAGE_REFUND,
        rules.surplus_facts(
            year=year.year,
            hers=line.patronage,
            everyones=sums.patronage,
            part=year.parts.by_patronage,
        ),
        amount=line.share.refund,
        day=today(),
    )
    by_account = rules.sentence(
        EarningKind.ACCOUNT_SHARE,
        rules.surplus_facts(
            year=year.year,
            hers=line.account.together,
            everyones=sums.account.together,
            part=year.parts.by_accounts,
        ),
        amount=line.share.share,
        day=today(),
    )
    return say(by_work, today=today()), say(by_account, today=today())
