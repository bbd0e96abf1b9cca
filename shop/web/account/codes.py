"""Signing in by code: a buyer says where it goes, and types what came."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import buyers, codes
from shop.accounts.codes import AskedCode, CodeView
from shop.accounts.rules import CODE_DIGITS, CODE_LIFE
from shop.kernel.errors import NotFound
from shop.kernel.ids import secret_token
from shop.kernel.telling import CodePurpose
from shop.notifications import gateway as messages
from shop.notifications.rules import Channel
from shop.web.access import now, public
from shop.web.account.doors import device_name
from shop.web.account.forms import CodeForm, TypedCodeForm
from shop.web.account.frame import blueprint, let_in
from shop.web.addresses import own_address
from shop.web.errors import form_status, refusals_on
from shop.web.fields import problems_of
from shop.web.filters import locale_name
from shop.web.limits import limiter, network_digest

TICKET_KEY = "ticket"
SHOWN_KEY = "shown_code"
MINUTES = int(CODE_LIFE.total_seconds()) // 60


def can_send_codes() -> bool:
    """Say whether a code asked for here reaches anybody."""
    return any(messages.sender(channel) for channel in (Channel.SMS, Channel.EMAIL))


def show_in_demonstration(asked: AskedCode) -> None:
    """Keep a code for the page that asks for it, where no message really leaves."""
    session.pop(SHOWN_KEY, None)
    if messages.is_demonstration():
        session[SHOWN_KEY] = [asked.public_id, asked.code]


def ticket() -> str:
    """Return the ticket of this browser: codes that it asked for work in no other."""
    return str(session.setdefault(TICKET_KEY, secret_token()))


def shown_code(name: str) -> str:
    """Return the code that the demonstration shows on its page, or nothing."""
    kept = session.get(SHOWN_KEY) if messages.is_demonstration() else None
    return str(kept[1]) if kept and kept[0] == name else ""


def asked_here(name: str, *purposes: CodePurpose) -> CodeView:
    """Return a code that this browser asked for, for one of these purposes. Raises NotFound."""
    asked = codes.code_for(name, ticket=session.get(TICKET_KEY, ""))
    if asked.purpose not in purposes:
        raise NotFound(what="code")
    return asked


@blueprint.post("/sign-in/code")
@limiter.limit("12 per minute; 60 per hour")
@public
def ask_code() -> ResponseReturnValue:
    """Send a code; what is answered is the same whether or not there is an account."""
    form = CodeForm()
    wanted = own_address(form.next.data or "") or ""
    if not can_send_codes():
        raise NotFound(what="page")
    if form.validate_on_submit():
        with refusals_on(form):
            asked = codes.ask(
                contact=form.contact.data or "",
                ticket=ticket(),
                network=network_digest(),
                locale=locale_name(),
                now=now(),
            )
            show_in_demonstration(asked)
            where = url_for("account.type_code", name=asked.public_id, next=wanted or None)
            return redirect(where, code=303)
    page = render_template(
        "account/ask_code.html", form=form, problems=problems_of(form), wanted=wanted
    )
    return page, form_status(form)


@blueprint.route("/sign-in/code/<string:name>", methods=["GET", "POST"])
@limiter.limit("30 per minute", methods=["POST"])
@public
def type_code(name: str) -> ResponseReturnValue:
    """Let a buyer in who types the code that was sent to her."""
    asked = asked_here(name, CodePurpose.SIGN_IN)
    form = TypedCodeForm()
    wanted = own_address(form.next.data or request.args.get("next", "")) or ""
    form.next.data = wanted
    if form.validate_on_submit():
        with refusals_on(form):
            proven = codes.use(
                name=name,
                ticket=session.get(TICKET_KEY, ""),
                code=form.code.data or "",
                now=now(),
            )
            opened = buyers.enter(
                proven=proven,
                device=device_name(request.user_agent.string),
                is_own_device=bool(form.own_device.data),
                now=now(),
            )
            return let_in(opened, wanted or None, is_own_device=bool(form.own_device.data))
    page = render_template(
        "account/type_code.html",
        form=form,
        problems=problems_of(form),
        asked=asked,
        shown=shown_code(name),
        digits=CODE_DIGITS,
        minutes=MINUTES,
        wanted=wanted,
    )
    return page, form_status(form)
