"""Some acts ask again who somebody is: by a code, or by the password of who has one."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import buyers, codes, passkeys
from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.accounts.rules import CODE_DIGITS, ContactKind
from shop.kernel.telling import CodePurpose
from shop.web.access import SIGN_IN_KEY, current_actor, now, signed_in
from shop.web.account.codes import (
    MINUTES,
    TICKET_KEY,
    asked_here,
    show_in_demonstration,
    shown_code,
    ticket,
)
from shop.web.account.forms import ConfirmForm, PlainForm, TypedCodeForm
from shop.web.account.frame import blueprint
from shop.web.addresses import own_address
from shop.web.errors import form_status, refusals_on
from shop.web.fields import problems_of
from shop.web.filters import locale_name
from shop.web.limits import limiter, network_digest


def proof_first(back_to: str) -> ResponseReturnValue | None:
    """Return the way to the page that asks who she is, or None when she has just proved it.

    back_to    the page from which she then does what she wanted.
    """
    if accounts_now.has_proved_lately(session[SIGN_IN_KEY], now=now()):
        return None
    return redirect(url_for("account.confirm", next=back_to), code=303)


def _wanted() -> str:
    return own_address(request.values.get("next", "")) or "/account"


def _show(form: ConfirmForm, sending: PlainForm) -> ResponseReturnValue:
    user_id = current_actor().user_id or 0
    page = render_template(
        "account/confirm.html",
        form=form if accounts_now.has_password(user_id) else None,
        sending=sending,
        problems=problems_of(form) + problems_of(sending),
        contacts=buyers.contacts_of(user_id),
        has_passkey=bool(passkeys.passkeys_of(user_id)),
        wanted=_wanted(),
    )
    return page, max(form_status(form), form_status(sending))


@blueprint.route("/account/confirm", methods=["GET", "POST"])
@limiter.limit("10 per 15 minutes", methods=["POST"])
@signed_in
def confirm() -> ResponseReturnValue:
    """Ask who is here before something that matters; her password is one answer."""
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_on(form):
            accounts.prove_by_password(
                token=session[SIGN_IN_KEY], password=form.password.data or "", now=now()
            )
            return redirect(_wanted(), code=303)
    return _show(form, PlainForm(formdata=None))


@blueprint.post("/account/confirm/code")
@limiter.limit("12 per minute; 60 per hour")
@signed_in
def ask_to_confirm() -> ResponseReturnValue:
    """Send a code to what reaches her already."""
    user_id = current_actor().user_id or 0
    sending = PlainForm()
    if sending.validate_on_submit():
        with refusals_on(sending):
            asked = codes.ask(
                contact=_own_contact(user_id, request.form.get("kind", "")),
                ticket=ticket(),
                network=network_digest(),
                locale=locale_name(),
                purpose=CodePurpose.CONFIRM_ACT,
                user_id=user_id,
                now=now(),
            )
            show_in_demonstration(asked)
            where = url_for("account.type_code_to_confirm", name=asked.public_id, next=_wanted())
            return redirect(where, code=303)
    return _show(ConfirmForm(formdata=None), sending)


def _own_contact(user_id: int, kind: str) -> str:
    own = buyers.contacts_of(user_id)
    meant = next((one for one in own if one.kind == kind), own[0] if own else None)
    return meant.address if meant is not None else ""


@blueprint.route("/account/confirm/<string:name>", methods=["GET", "POST"])
@limiter.limit("30 per minute", methods=["POST"])
@signed_in
def type_code_to_confirm(name: str) -> ResponseReturnValue:
    """Take a code: to her old contact it says who she is; to a new one, that it is hers."""
    asked = asked_here(name, CodePurpose.CONFIRM_ACT, CodePurpose.CONFIRM_ADDRESS)
    form = TypedCodeForm()
    if form.validate_on_submit():
        with refusals_on(form):
            proven = codes.use(
                name=name, ticket=session.get(TICKET_KEY, ""), code=form.code.data or "", now=now()
            )
            return _proved(proven)
    page = render_template(
        "account/confirm_code.html",
        form=form,
        problems=problems_of(form),
        asked=asked,
        is_email=asked.kind is ContactKind.EMAIL,
        shown=shown_code(name),
        digits=CODE_DIGITS,
        minutes=MINUTES,
        wanted=_wanted(),
    )
    return page, form_status(form)


def _proved(proven: codes.Proven) -> ResponseReturnValue:
    user_id = current_actor().user_id
    if user_id is None or proven.user_id != user_id:
        raise codes.CodeWrong
    if proven.purpose is CodePurpose.CONFIRM_ACT:
        accounts.prove_again(token=session[SIGN_IN_KEY], now=now())
        return redirect(_wanted(), code=303)
    if (first := proof_first("/account/settings")) is not None:
        return first
    buyers.take_contact(user_id=user_id, proven=proven, now=now())
    return redirect("/account/settings", code=303)
