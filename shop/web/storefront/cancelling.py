"""Cancelling before dispatch: the buyer sees what goes back before anything happens."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length

from shop.kernel.access import SYSTEM
from shop.kernel.errors import NotFound, ShopError
from shop.kernel.ids import secret_token
from shop.orders.queries import OrderView
from shop.orders.rules import OrderState
from shop.payments.rules import RefundState
from shop.web.access import now, public
from shop.web.errors import form_status, refusals_on, words_of
from shop.web.fields import HiddenTextField, problems_of
from shop.web.limits import limiter
from shop.web.storefront.door import blueprint
from shop.web.storefront.following import readable_order
from shop.web.storefront.paying import order_address
from shop.workflows import refunding, selling
from shop.workflows.refunding import RefundPlan

_ON_ITS_WAY = _l("Cancelled. Your money is on its way back.")
WORDS = {
    RefundState.SETTLED: _l("Cancelled. Your money has gone back the way it came."),
    RefundState.PENDING: _ON_ITS_WAY,
    RefundState.FAILED: _ON_ITS_WAY,
}


class CancelForm(FlaskForm):
    """Nothing but the key that makes a second tap the same tap."""

    key = HiddenTextField(default=secret_token, validators=[DataRequired(), Length(min=8, max=64)])


def _order(number: str) -> OrderView:
    order = readable_order(number)
    if order is None:
        raise NotFound(what="order")
    return order


@blueprint.get("/orders/<string:number>/cancelling")
@public
def cancel_page(number: str) -> ResponseReturnValue:
    """Show what cancelling would give back; to whoever has not proved the order it is not there."""
    return _shown(_order(number), CancelForm())


def _shown(order: OrderView, form: CancelForm) -> ResponseReturnValue:
    plan: RefundPlan | None = None
    refusal = ""
    if order.state is not OrderState.PLACED:
        try:
            plan = refunding.simulate_cancelling(order_id=order.id, now=now())
        except ShopError as refused:
            refusal = words_of(refused)
    page = render_template(
        "storefront/cancel.html",
        order=order,
        plan=plan,
        refusal=refusal,
        form=form,
        problems_of=problems_of,
    )
    return page, form_status(form)


@blueprint.post("/orders/<string:number>/cancelling")
@public
@limiter.limit("20 per minute")
def cancel_order(number: str) -> ResponseReturnValue:
    """Cancel what has not left and send its money back, once however often it is pressed."""
    order = _order(number)
    form = CancelForm()
    if form.validate_on_submit():
        with refusals_on(form):
            if order.state is OrderState.PLACED:
                selling.cancel_unpaid(order_id=order.id, actor=SYSTEM, now=now())
                flash(_("Cancelled. You owe nothing."), "success")
            else:
                asked = refunding.cancel_by_buyer(
                    order_id=order.id, key=f"buyer:{order.id}:{form.key.text}", now=now()
                )
                flash(str(WORDS[asked.state]), "success")
            return redirect(order_address(number), code=303)
    return _shown(_order(number), form)
