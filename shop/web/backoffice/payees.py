"""Makers' bank accounts: noted by one, typed once more by another, and the list for the bank."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import DataRequired, Length

from shop.accounts import queries as accounts
from shop.earnings import payees
from shop.earnings import queries as earning_views
from shop.earnings.payees import BankLine
from shop.exchange.files.writing import write_workbook
from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.errors import Forbidden
from shop.kernel.ids import secret_token
from shop.payments import transfers
from shop.payments.transfers import BankAccount
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import PAY, WEIGHING_PAY, joint_scope
from shop.web.downloads import csv_file
from shop.web.errors import form_status, refusals_on
from shop.web.fields import NEEDED, HiddenTextField, TextField
from shop.web.filters import localized


class PayeeForm(FlaskForm):
    """One bank account of one member."""

    key = HiddenTextField(default=secret_token, validators=[DataRequired(NEEDED), Length(max=64)])
    member = SelectField(_l("For whom"))
    holder = TextField(
        _l("Name on the account"),
        validators=[DataRequired(NEEDED), Length(max=payees.LONGEST_HOLDER)],
    )
    bank = TextField(
        _l("Bank and branch"), validators=[DataRequired(NEEDED), Length(max=payees.LONGEST_BANK)]
    )
    number = TextField(
        _l("Number of card or passbook"), validators=[DataRequired(NEEDED), Length(max=48)]
    )
    relation = TextField(
        _l("If it is not in her name: whose is it to her, and why"),
        validators=[Length(max=payees.LONGEST_RELATION)],
    )
    witness = SelectField(_l("Who else heard her say so"))


class AgainForm(FlaskForm):
    """The number once more, from the card."""

    again = TextField(
        _l("Number, from her card or passbook"),
        validators=[DataRequired(NEEDED), Length(max=48)],
    )


@blueprint.route("/payees", methods=["GET", "POST"])
@requires(Permission.SEE_DESK)
def payee_list() -> ResponseReturnValue:
    """List accounts that wait or stand; who prepares pay notes one here."""
    return _page(PayeeForm())


def _page(
    form: PayeeForm, *, again: AgainForm | None = None, about: str = ""
) -> ResponseReturnValue:
    """Show the page, with what was wrong with the number typed again for one account."""
    actor = current_actor()
    scope = joint_scope(actor, WEIGHING_PAY)
    if not scope.paths:
        raise Forbidden(permission=Permission.PREPARE_PAY)
    members = {one.public_id: one for one in stations.members(actor.scope(Permission.PREPARE_PAY))}
    form.member.choices = [
        (name, f"{one.code} {localized(one, 'name')}") for name, one in members.items()
    ]
    colleagues = [
        one
        for one in accounts.users_at(*{one.station_id for one in members.values()})
        if one.user.id != actor.user_id
    ]
    named = {one.user.public_id: one.user.name for one in colleagues}
    form.witness.choices = [
        ("", _("Nobody, it is her own")),
        *sorted(named.items(), key=lambda one: one[1]),
    ]
    if again is None and form.validate_on_submit():
        with refusals_on(form):
            member = members[form.member.data]
            # She says it at her own room, so somebody of that room heard it.
            heard = {
                one.user.public_id: one.user.id
                for one in colleagues
                if one.station_id == member.station_id
            }
            payees.propose(
                member_id=member.id,
                holder=form.holder.text,
                bank=form.bank.text,
                number=form.number.text,
                relation=form.relation.text,
                witness_id=heard.get(form.witness.data or ""),
                key=form.key.text,
                actor=actor,
                now=now(),
            )
            flash(_("Noted. A colleague now types the number from the card once more."), "success")
            return redirect(url_for(".payee_list"))
    waiting, standing = payees.waiting(scope), payees.standing(scope)
    people = {one.proposed_by_id for one in waiting} | {
        one.decided_by_id for one in standing if one.decided_by_id is not None
    }
    page = render_template(
        "backoffice/payee_list.html",
        waiting=waiting,
        standing=standing,
        names=accounts.names_of(frozenset(people)),
        may_note=bool(members),
        form=form,
        again=again or AgainForm(formdata=None),
        about=about,
        today=business_day(now()),
    )
    return page, form_status(again or form)


@blueprint.post("/payees/<string:public_id>/yes")
@requires(Permission.APPROVE_PAY)
def payee_yes(public_id: str) -> ResponseReturnValue:
    """Agree to an account by typing its number once more."""
    one = payees.payee(public_id, scope=joint_scope(current_actor(), WEIGHING_PAY))
    form = AgainForm()
    if form.validate_on_submit():
        with refusals_on(form):
            payees.agree(payee_id=one.id, number=form.again.text, actor=current_actor(), now=now())
            flash(_("Both numbers are the same. Her pay can be sent there."), "success")
            return redirect(url_for(".payee_list"))
    return _page(PayeeForm(formdata=None), again=form, about=public_id)


@blueprint.post("/payees/<string:public_id>/no")
@requires(Permission.SEE_DESK)
def payee_no(public_id: str) -> ResponseReturnValue:
    """Refuse an account that waits, or end one that stands."""
    one = payees.payee(public_id, scope=joint_scope(current_actor(), WEIGHING_PAY))
    payees.end(payee_id=one.id, actor=current_actor(), now=now())
    flash(_("Ended. Her pay is cash until another account stands."), "success")
    return redirect(url_for(".payee_list"))


@blueprint.post("/pay-runs/<string:public_id>/bank-list/<any(csv, icbc):layout>")
@requires(Permission.SEE_DESK)
def pay_run_bank_list(public_id: str, layout: str) -> ResponseReturnValue:
    """Send the list for the bank; that it was taken, and by whom, is written down."""
    run = earning_views.pay_run(public_id, scope=joint_scope(current_actor(), PAY))
    lines = payees.bank_list(pay_run_id=run.id, actor=current_actor(), now=now())
    workshop = stations.workshop(run.workshop_id)
    name = f"bank-{workshop.slug}-{run.pay_on}"
    purpose = f"{run.pay_on:%Y-%m} 工资"
    if layout == "csv":
        return csv_file(_plain(lines, purpose), f"{name}.csv")
    return _icbc(lines, purpose, f"{name}-icbc.xlsx")


def _plain(lines: list[BankLine], purpose: str) -> Iterator[list[str]]:
    yield [_("No."), _("Name on the account"), _("Account"), _("Bank"), _("Sum"), _("Purpose")]
    for place, one in enumerate(lines, start=1):
        yield [str(place), one.holder, one.number, one.bank, one.slip.amount.figures, purpose]


# The columns of the bank's own workbook for paying many at once, in its order and its words.
# Source: ICBC corporate banking, 批量支付 template, as several open programs write it.
ICBC = (
    "币种",
    "日期",
    "明细标志",
    "顺序号",
    "付款账号开户行",
    "付款账号/卡号",
    "付款账号名称/卡名称",
    "收款账号开户行",
    "收款账号省份",
    "收款账号地市",
    "收款账号地区码",
    "收款账号",
    "收款账号名称",
    "金额",
    "汇款用途",
    "备注信息",
    "汇款方式",
    "收款账户短信通知手机号码",
    "自定义序号",
)
ORDINARY = "0"  # the slow way, without a fee for haste


def _icbc(lines: list[BankLine], purpose: str, name: str) -> ResponseReturnValue:
    ours = transfers.our_account() or BankAccount("", "", "")
    day = f"{business_day(now()):%Y%m%d}"
    rows = [
        [
            "RMB",
            day,
            "",
            str(place),
            ours.bank,
            ours.number.replace(" ", ""),
            ours.holder,
            one.bank,
            "",
            "",
            "",
            one.number,
            one.holder,
            one.slip.amount.figures,
            purpose,
            one.slip.public_id,
            ORDINARY,
            "",
            str(place),
        ]
        for place, one in enumerate(lines, start=1)
    ]
    with TemporaryDirectory() as folder:
        file = Path(folder, name)
        write_workbook(
            file,
            sheet="批量支付",
            head=ICBC,
            rows=rows,
            notes=("说明", [[_("Empty columns are filled in on the bank’s own page.")]]),
        )
        whole = io.BytesIO(file.read_bytes())
    return send_file(whole, as_attachment=True, download_name=name)
