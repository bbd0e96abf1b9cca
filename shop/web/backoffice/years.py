"""The year's end: what can be shared, by which rule, what each member gets, what they decided."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Length, NumberRange

from shop.earnings import surplus, years
from shop.earnings.surplus import MemberAccount
from shop.earnings.years import FIRST_YEAR, YearLine, YearView
from shop.kernel.access import Permission, Scope
from shop.kernel.clock import business_day
from shop.kernel.errors import Forbidden
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import WEIGHING_PAY, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.fields import NEEDED, CountField, MoneyField, TextField
from shop.web.filters import localized
from shop.workflows import sharing

LAST_YEAR = 2200
MOST_VOTES = 100_000


class YearForm(FlaskForm):
    """What a year left, and by which parts it is shared."""

    workshop = SelectField(_l("Workshop"))
    year = CountField(
        _l("Year"), validators=[InputRequired(NEEDED), NumberRange(FIRST_YEAR, LAST_YEAR)]
    )
    surplus = MoneyField(_l("Surplus of the year, in yuan"), validators=[InputRequired(NEEDED)])
    old_loss = MoneyField(_l("Loss of earlier years, in yuan"))
    reserve = CountField(
        _l("To the reserve, percent"), validators=[InputRequired(NEEDED), NumberRange(0, 100)]
    )
    patronage = CountField(
        _l("Of the rest by work, percent"),
        validators=[InputRequired(NEEDED), NumberRange(0, 100)],
    )


class MeetingForm(FlaskForm):
    """When the members meet."""

    meeting_on = DateField(_l("Day of the meeting"), validators=[InputRequired(NEEDED)])


class VotesForm(FlaskForm):
    """What the members decided."""

    votes_for = CountField(
        _l("Members for it"), validators=[InputRequired(NEEDED), NumberRange(0, MOST_VOTES)]
    )
    votes_against = CountField(
        _l("Members against it"), validators=[InputRequired(NEEDED), NumberRange(0, MOST_VOTES)]
    )
    words = TextField(
        _l("Who was against it, and why"), validators=[Length(max=years.LONGEST_WORDS)]
    )


class AccountForm(FlaskForm):
    """One member's account before the year; the token stands once on the page."""

    class Meta:
        """The form around it is checked for its token by the application."""

        csrf = False

    capital = MoneyField(_l("Capital"))
    reserve = MoneyField(_l("Share of the reserve"))
    subsidy = MoneyField(_l("Share of subsidies"))

    @classmethod
    def of(cls, line: YearLine) -> AccountForm:
        """Return the form of one member's line as it is kept."""
        held = line.account
        return cls(
            formdata=None,
            prefix=line.code,
            capital=held.capital,
            reserve=held.reserve,
            subsidy=held.subsidy,
        )

    @property
    def account(self) -> MemberAccount:
        """Return the account; an empty box holds nothing."""
        return MemberAccount(self.capital.sum, self.reserve.sum, self.subsidy.sum)


def _scope() -> Scope:
    scope = joint_scope(current_actor(), WEIGHING_PAY)
    if not scope.paths:
        raise Forbidden(permission=Permission.PREPARE_PAY)
    return scope


@blueprint.route("/years", methods=["GET", "POST"])
@requires(Permission.SEE_DESK)
def year_list() -> ResponseReturnValue:
    """List the years, and draw the plan of one up."""
    actor = current_actor()
    scope = _scope()
    workshops = {one.slug: one for one in stations.workshops(actor.scope(Permission.PREPARE_PAY))}
    last = business_day(now()).year - 1
    form = YearForm(year=last, reserve=surplus.RESERVE_PERCENT, patronage=surplus.PATRONAGE_PERCENT)
    form.workshop.choices = [(slug, localized(one, "name")) for slug, one in workshops.items()]
    if form.validate_on_submit():
        with refusals_on(form):
            workshop = workshops[form.workshop.data]
            drawn_up = years.draw_up(
                workshop_id=workshop.id,
                year=form.year.count,
                surplus_of_year=form.surplus.sum,
                old_loss=form.old_loss.sum,
                reserve_percent=form.reserve.count,
                patronage_percent=form.patronage.count,
                accounts=years.accounts_for(workshop.id, form.year.count),
                actor=actor,
                now=now(),
            )
            flash(_("Drawn up. Compare the members’ accounts below."), "success")
            return redirect(url_for(".year_page", public_id=drawn_up))
    found = years.years(scope)
    page = render_template(
        "backoffice/year_list.html",
        years=found,
        workshops=stations.workshops_by_id({one.workshop_id for one in found}),
        may_draw_up=bool(workshops),
        form=form,
    )
    return page, form_status(form)


@blueprint.get("/years/<string:public_id>")
@requires(Permission.SEE_DESK)
def year_page(public_id: str) -> ResponseReturnValue:
    """Show one year: its parts, every member's line, and what is to be done next."""
    return _page(years.year(public_id, scope=_scope()))


def _page(
    one: YearView,
    *,
    accounts: dict[int, AccountForm] | None = None,
    meeting: MeetingForm | None = None,
    votes: VotesForm | None = None,
) -> ResponseReturnValue:
    lines = years.lines_of(one.id)
    accounts = accounts or {line.member_id: AccountForm.of(line) for line in lines}
    today = business_day(now())
    meeting = meeting or MeetingForm(
        formdata=None, meeting_on=today + timedelta(days=surplus.DAYS_OPEN)
    )
    votes = votes or VotesForm(formdata=None, votes_against=0)
    page = render_template(
        "backoffice/year_page.html",
        one=one,
        lines=lines,
        sums=years.together(lines),
        workshop=stations.workshop(one.workshop_id),
        meeting=meeting,
        votes=votes,
        accounts=accounts,
        today=today,
        days_open=surplus.DAYS_OPEN,
        least_percent=surplus.LEAST_BY_PATRONAGE_PERCENT,
    )
    forms: list[FlaskForm] = [meeting, votes, *accounts.values()]
    return page, form_status(next((form for form in forms if form.errors), meeting))


@blueprint.post("/years/<string:public_id>/accounts")
@requires(Permission.PREPARE_PAY)
def year_accounts(public_id: str) -> ResponseReturnValue:
    """Take the members' accounts as they stood before the year, and share anew."""
    one = years.year(public_id, scope=current_actor().scope(Permission.PREPARE_PAY))
    typed = {line.member_id: AccountForm(prefix=line.code) for line in years.lines_of(one.id)}
    if [form for form in typed.values() if not form.validate()]:
        return _page(one, accounts=typed)
    years.draw_up(
        workshop_id=one.workshop_id,
        year=one.year,
        surplus_of_year=one.parts.surplus,
        old_loss=one.parts.old_loss,
        reserve_percent=one.reserve_percent,
        patronage_percent=one.patronage_percent,
        accounts={member_id: form.account for member_id, form in typed.items()},
        actor=current_actor(),
        now=now(),
    )
    flash(_("The accounts are written and everything is shared anew."), "success")
    return redirect(url_for(".year_page", public_id=public_id))


@blueprint.post("/years/<string:public_id>/open")
@requires(Permission.APPROVE_PAY)
def year_open(public_id: str) -> ResponseReturnValue:
    """Lay the papers open to the members, as the second person."""
    one = years.year(public_id, scope=current_actor().scope(Permission.APPROVE_PAY))
    form = MeetingForm()
    if form.validate_on_submit() and form.meeting_on.data is not None:
        with refusals_on(form):
            years.open_papers(
                plan_id=one.id,
                meeting_on=form.meeting_on.data,
                actor=current_actor(),
                now=now(),
            )
            flash(_("The papers lie open; each member sees her own line."), "success")
            return redirect(url_for(".year_page", public_id=public_id))
    return _page(one, meeting=form)


@blueprint.post("/years/<string:public_id>/decide")
@requires(Permission.APPROVE_PAY)
def year_decide(public_id: str) -> ResponseReturnValue:
    """Write down what the members' meeting agreed to; it is booked and owed."""
    one = years.year(public_id, scope=current_actor().scope(Permission.APPROVE_PAY))
    form = VotesForm()
    if form.validate_on_submit():
        with refusals_on(form):
            sharing.decide(
                plan_id=one.id,
                votes_for=form.votes_for.count,
                votes_against=form.votes_against.count,
                words=form.words.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Written down and booked. The next pay day pays it."), "success")
            return redirect(url_for(".year_page", public_id=public_id))
    return _page(one, votes=form)


@blueprint.post("/years/<string:public_id>/drop")
@requires(Permission.PREPARE_PAY)
def year_drop(public_id: str) -> ResponseReturnValue:
    """Drop a plan that was not decided."""
    one = years.year(public_id, scope=current_actor().scope(Permission.PREPARE_PAY))
    words = request.form.get("words", "")
    years.drop(plan_id=one.id, words=words, actor=current_actor(), now=now())
    flash(_("Dropped. Another plan can be drawn up."), "success")
    return redirect(url_for(".year_list"))
