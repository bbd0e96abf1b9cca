"""The demonstration's payment page: what Stripe's page would be, without any money."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf

from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.payments import gateway
from shop.payments.fakestripe.house import FakeStripe, HostedPage
from shop.web.access import public
from shop.web.qr import qr_code

blueprint = Blueprint("demo_pay", __name__, url_prefix="/demo-pay")

CHANNELS = ("alipay", "wechat_pay", "card")
BUTTONS = ("succeed", "fail", "begin", "pass", "refuse")


class PayForm(FlaskForm):
    """How the buyer pays, and which button was pressed."""

    channel = StringField(validators=[AnyOf(CHANNELS)])
    do = StringField(validators=[AnyOf(BUTTONS)])


def _house() -> FakeStripe:
    house = gateway.demonstration()
    if house is None:
        raise NotFound
    return house


def _page(session_id: str) -> HostedPage:
    page = _house().page(session_id)
    if page is None:
        raise NotFound
    return page


@blueprint.get("/<string:session_id>")
@public
def show(session_id: str) -> str:
    """Show what there is to pay, the bank's question, or how it came out."""
    page = _page(session_id)
    return render_template(
        "storefront/demo_pay.html",
        page=page,
        total=Money(page.total, page.currency),
        code=qr_code(page.code) if page.code else "",
        channel=request.args.get("by", CHANNELS[0]),
    )


@blueprint.post("/<string:session_id>")
@public
def press(session_id: str) -> Response:
    """Do what the pressed button says; pressed twice it does it once."""
    _page(session_id)
    form = PayForm()
    if form.validate():
        _press(session_id, str(form.do.data), str(form.channel.data))
    page = _page(session_id)
    if page.step == "paid":
        return redirect(page.success_url, code=303)
    return redirect(url_for("demo_pay.show", session_id=session_id, by=form.channel.data), code=303)


def _press(session_id: str, button: str, channel: str) -> None:
    if button == "begin":
        _house().begin(session_id, channel=channel)
    elif button in {"succeed", "fail"}:
        _house().pay(session_id, channel=channel, will_succeed=button == "succeed")
    else:
        _house().answer(session_id, is_passed=button == "pass")
