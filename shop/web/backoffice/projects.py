"""Funded projects: whose money came in, the attendance sheets it pays, and what is left of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField
from wtforms.validators import DataRequired, InputRequired, Length

from shop.accounts import queries as accounts
from shop.funds import queries as funds
from shop.funds import services as funding_verbs
from shop.funds.queries import ProjectView
from shop.funds.rules import MOST_SHEET_DAYS, days_between
from shop.kernel.access import Permission, Scope
from shop.kernel.clock import business_day
from shop.kernel.errors import Forbidden
from shop.kernel.ids import secret_token
from shop.stations import queries as stations
from shop.stations.queries import MemberView
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import WEIGHING_PAY, joint_scope
from shop.web.errors import form_status, refusals_on
from shop.web.fields import NEEDED, HiddenTextField, MoneyField, TextField
from shop.web.filters import localized
from shop.workflows import funding

# A training is five days long (domain.md 5 E15): the days that a sheet's form offers first.
A_COURSE = timedelta(days=4)


class ProjectForm(FlaskForm):
    """Whose money it is, for what, and what it pays for a day."""

    workshop = SelectField(_l("Workshop"))
    number = TextField(
        _l("Number of the project"), validators=[DataRequired(NEEDED), Length(max=20)]
    )
    title = TextField(_l("Name of the project"), validators=[DataRequired(NEEDED), Length(max=80)])
    title_en = TextField(_l("Its name in English"), validators=[Length(max=80)])
    funder = TextField(_l("Whose money"), validators=[DataRequired(NEEDED), Length(max=80)])
    day_rate = MoneyField(_l("For one woman and day, in yuan"), validators=[InputRequired(NEEDED)])
    starts_on = DateField(_l("First day"), validators=[InputRequired(NEEDED)])
    ends_on = DateField(_l("Last day"), validators=[InputRequired(NEEDED)])

    @property
    def period(self) -> tuple[date, date]:
        """Return the first and the last day of a form that is right."""
        assert self.starts_on.data is not None  # noqa: S101 - asked only once the form is right
        assert self.ends_on.data is not None  # noqa: S101 - as above
        return self.starts_on.data, self.ends_on.data


class ReceiptForm(FlaskForm):
    """Money that came in."""

    key = HiddenTextField(default=secret_token, validators=[DataRequired(NEEDED), Length(max=64)])
    amount = MoneyField(_l("Sum in yuan"), validators=[InputRequired(NEEDED)])
    paper = TextField(
        _l("Number of the bank’s slip"), validators=[DataRequired(NEEDED), Length(max=60)]
    )
    received_on = DateField(_l("Came in on"), validators=[InputRequired(NEEDED)])

    @property
    def day(self) -> date:
        """Return the day of a form that is right."""
        assert self.received_on.data is not None  # noqa: S101 - asked only once the form is right
        return self.received_on.data


class SheetForm(FlaskForm):
    """An attendance sheet; its ticks are read beside it."""

    key = HiddenTextField(default=secret_token, validators=[DataRequired(NEEDED), Length(max=64)])
    paper = TextField(
        _l("Number of the attendance sheet"), validators=[DataRequired(NEEDED), Length(max=60)]
    )


def _scope() -> Scope:
    """Return where this person has to do with project money."""
    scope = joint_scope(current_actor(), WEIGHING_PAY)
    if not scope.paths:
        raise Forbidden(permission=Permission.PREPARE_PAY)
    return scope


@blueprint.route("/projects", methods=["GET", "POST"])
@requires(Permission.SEE_DESK)
def project_list() -> ResponseReturnValue:
    """List the projects with what is left of each; who prepares pay opens one here."""
    actor = current_actor()
    scope = _scope()
    workshops = {one.slug: one for one in stations.workshops(actor.scope(Permission.PREPARE_PAY))}
    form = ProjectForm()
    form.workshop.choices = [(slug, localized(one, "name")) for slug, one in workshops.items()]
    if form.validate_on_submit():
        with refusals_on(form):
            first, last = form.period
            opened = funding_verbs.open_project(
                workshop_id=workshops[form.workshop.data].id,
                number=form.number.text,
                title=form.title.text,
                title_en=form.title_en.text,
                funder=form.funder.text,
                day_rate=form.day_rate.sum,
                starts_on=first,
                ends_on=last,
                actor=actor,
                now=now(),
            )
            flash(_("The project stands. Note now what came in for it."), "success")
            return redirect(url_for(".project_page", public_id=opened))
    page = render_template(
        "backoffice/project_list.html",
        projects=funds.projects(scope),
        may_open=bool(workshops),
        form=form,
    )
    return page, form_status(form)


@blueprint.get("/projects/<string:public_id>")
@requires(Permission.SEE_DESK)
def project_page(public_id: str) -> ResponseReturnValue:
    """Show one project: its money, what came in, and its attendance sheets."""
    project = funds.project(public_id, scope=_scope())
    return _page(project, ReceiptForm(formdata=None, received_on=business_day(now())))


def _page(project: ProjectView, form: ReceiptForm) -> ResponseReturnValue:
    receipts = funds.receipts(project.id)
    sheets = funds.sheets(project.id)
    last = min(project.ends_on, business_day(now()))
    people = {one.noted_by_id for one in receipts} | {one.proposed_by_id for one in sheets}
    return (
        render_template(
            "backoffice/project_page.html",
            project=project,
            receipts=receipts,
            sheets=sheets,
            members=stations.members_by_id({one for sheet in sheets for one in sheet.days}),
            names=accounts.names_of(frozenset(people)),
            form=form,
            first=max(project.starts_on, last - A_COURSE),
            last=last,
        ),
        form_status(form),
    )


@blueprint.post("/projects/<string:public_id>/receipts")
@requires(Permission.PREPARE_PAY)
def project_receipt(public_id: str) -> ResponseReturnValue:
    """Note that money came in."""
    project = funds.project(public_id, scope=current_actor().scope(Permission.PREPARE_PAY))
    form = ReceiptForm()
    if form.validate_on_submit():
        with refusals_on(form):
            funding.receive(
                project_id=project.id,
                amount=form.amount.sum,
                paper=form.paper.text,
                received_on=form.day,
                key=form.key.text,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Noted and booked apart from what is earned by selling."), "success")
            return redirect(url_for(".project_page", public_id=public_id))
    return _page(project, form)


@blueprint.post("/projects/<string:public_id>/receipts/<string:receipt>/withdraw")
@requires(Permission.APPROVE_PAY)
def project_receipt_withdraw(public_id: str, receipt: str) -> ResponseReturnValue:
    """Take a receipt out of the books that a colleague wrote by mistake."""
    project = funds.project(public_id, scope=current_actor().scope(Permission.APPROVE_PAY))
    one = funds.receipt_of(project.id, receipt)
    funding.withdraw_receipt(receipt_id=one.id, actor=current_actor(), now=now())
    flash(_("Taken out of the books again."), "success")
    return redirect(url_for(".project_page", public_id=public_id))


@blueprint.route("/projects/<string:public_id>/sheet", methods=["GET", "POST"])
@requires(Permission.PREPARE_PAY)
def project_sheet(public_id: str) -> ResponseReturnValue:
    """Key in an attendance sheet: first its days, then who came on which."""
    actor = current_actor()
    project = funds.project(public_id, scope=actor.scope(Permission.PREPARE_PAY))
    first, last = _asked("first"), _asked("last")
    days = days_between(first, last)[:MOST_SHEET_DAYS] if first and last else []
    members = (
        stations.members(actor.scope(Permission.PREPARE_PAY), workshop_id=project.workshop_id)
        if days
        else []
    )
    form = SheetForm()
    ticked = request.form.getlist("day")
    if form.validate_on_submit():
        with refusals_on(form):
            funding_verbs.propose_sheet(
                project_id=project.id,
                paper=form.paper.text,
                attended=_attended(ticked, members, days),
                key=form.key.text,
                actor=actor,
                now=now(),
            )
            flash(_("Keyed in. A second person compares it with the paper now."), "success")
            return redirect(url_for(".project_page", public_id=public_id))
    page = render_template(
        "backoffice/project_sheet.html",
        project=project,
        days=days,
        first=first,
        last=last,
        members=members,
        ticked=ticked,
        form=form,
    )
    return page, form_status(form)


def _asked(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _attended(
    ticked: list[str], members: list[MemberView], days: list[date]
) -> dict[int, list[date]]:
    """Return the days of each member, from ticks such as ``mem_x:2026-07-06``; others are none."""
    by_name = {
        f"{one.public_id}:{day.isoformat()}": (one.id, day) for one in members for day in days
    }
    attended: dict[int, list[date]] = defaultdict(list)
    for tick in ticked:
        if tick in by_name:
            member_id, day = by_name[tick]
            attended[member_id].append(day)
    return dict(attended)


@blueprint.post("/sheets/<string:public_id>/yes")
@requires(Permission.APPROVE_PAY)
def sheet_yes(public_id: str) -> ResponseReturnValue:
    """Agree to a sheet as its second person: its allowances are owed from now on."""
    sheet = funds.sheet(public_id, scope=joint_scope(current_actor(), WEIGHING_PAY))
    funding.agree(sheet_id=sheet.id, actor=current_actor(), now=now())
    flash(_("Agreed and booked; the next pay day pays it."), "success")
    return redirect(url_for(".project_page", public_id=sheet.project_public_id))


@blueprint.post("/sheets/<string:public_id>/no")
@requires(Permission.SEE_DESK)
def sheet_no(public_id: str) -> ResponseReturnValue:
    """Refuse or withdraw a sheet: nothing is paid, its days are free again."""
    sheet = funds.sheet(public_id, scope=joint_scope(current_actor(), WEIGHING_PAY))
    funding_verbs.refuse(sheet_id=sheet.id, actor=current_actor(), now=now())
    flash(_("Ended. Nothing is paid, and its days are free again."), "success")
    return redirect(url_for(".project_page", public_id=sheet.project_public_id))
