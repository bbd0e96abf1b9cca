"""After the goods came: sending back without a reason, and saying that something is not right."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import AnyOf, DataRequired, Length

from shop.claims import queries as claims
from shop.claims.queries import ClaimView
from shop.claims.rules import LONGEST_WORDS, ClaimKind, ClaimState
from shop.kernel.errors import NotFound
from shop.kernel.ids import secret_token
from shop.media import queries as media
from shop.media.rules import MOST_OF, Subject
from shop.orders.queries import OrderView
from shop.stations import queries as stations
from shop.web.access import now, public
from shop.web.claim_words import KINDS, STATES, steps_of
from shop.web.errors import form_status, refusals_on
from shop.web.fields import NEEDED, HiddenTextField, ParagraphField, TextField, plain, problems_of
from shop.web.limits import limiter
from shop.web.pictures import brings_files, private_picture, sent_files
from shop.web.storefront.door import blueprint
from shop.web.storefront.following import readable_order
from shop.web.storefront.paying import order_address
from shop.workflows import claiming
from shop.workflows.claiming import Claimable
from shop.workflows.refunding import RefundPlan

MOST_DIGITS = 4


class ReturnForm(FlaskForm):
    """Nothing but the key that makes a second tap the same tap; pieces are read beside it."""

    key = HiddenTextField(default=secret_token, validators=[DataRequired(), Length(min=8, max=64)])


class NotRightForm(ReturnForm):
    """What is not right, and in what words."""

    kind = TextField(
        _l("What is it?"),
        validators=[
            DataRequired(NEEDED),
            AnyOf(
                [one for one in ClaimKind if one is not ClaimKind.RETURN],
                message=_l("Choose one of these."),
            ),
        ],
    )
    words = ParagraphField(
        _l("What is not right?"),
        validators=[Length(max=LONGEST_WORDS, message=_l("At most 500 characters."))],
    )


class CourierForm(FlaskForm):
    """The parcel in which goods come back."""

    carrier = TextField(_l("Carrier"), validators=[DataRequired(NEEDED), Length(max=40)])
    tracking = TextField(_l("Parcel number"), validators=[DataRequired(NEEDED), Length(max=60)])


class RaiseForm(FlaskForm):
    """Why a buyer is not content."""

    words = ParagraphField(
        _l("Why are you not content?"),
        validators=[
            DataRequired(NEEDED),
            Length(max=LONGEST_WORDS, message=_l("At most 500 characters.")),
        ],
    )


def _order(number: str) -> OrderView:
    order = readable_order(number)
    if order is None:
        raise NotFound(what="order")
    return order


def _typed(lines: Sequence[Claimable]) -> dict[int, int]:
    """Return the pieces that were typed, by order line; more than there are becomes all of them."""
    pieces = {}
    for one in lines:
        typed = plain(request.values.get(f"pieces-{one.line.position}", "0"))
        if typed.isdecimal() and len(typed) <= MOST_DIGITS:
            pieces[one.line.id] = min(int(typed), one.left)
    return pieces


@blueprint.get("/orders/<string:number>/back")
@public
def send_back_page(number: str) -> ResponseReturnValue:
    """Show what may go back without a reason, and until when."""
    return _shown(_order(number), ReturnForm())


@blueprint.get("/orders/<string:number>/not-right")
@public
def not_right_page(number: str) -> ResponseReturnValue:
    """Ask what is not right with what came."""
    return _shown(_order(number), NotRightForm())


def _shown(
    order: OrderView, form: ReturnForm, *, plan: RefundPlan | None = None
) -> ResponseReturnValue:
    is_return = not isinstance(form, NotRightForm)
    lines = [
        one for one in claiming.claimable(order, now=now()) if one.may_come_back or not is_return
    ]
    workshops = {one.part.id: stations.workshop(one.part.workshop_id) for one in lines}
    page = render_template(
        "storefront/claim_new.html",
        order=order,
        lines=lines,
        workshops=workshops,
        kept_apart=[
            line
            for part in order.parts
            for line in part.lines
            if line.sent and not line.may_come_back
        ],
        form=form,
        is_return=is_return,
        pieces=_typed(lines),
        plan=plan,
        kinds=[(one.value, words) for one, words in KINDS.items() if one is not ClaimKind.RETURN],
        most_pictures=MOST_OF[Subject.CLAIM],
        problems_of=problems_of,
    )
    return page, form_status(form)


@blueprint.post("/orders/<string:number>/back")
@public
@limiter.limit("20 per minute")
def send_back(number: str) -> ResponseReturnValue:
    """Show what a return gives back; announce it when that was looked at."""
    order = _order(number)
    form, plan = ReturnForm(), None
    if form.validate_on_submit():
        with refusals_on(form):
            pieces = _typed(claiming.claimable(order, now=now()))
            if "do" in request.form:
                return _opened(order, form, ClaimKind.RETURN, pieces)
            plan = claiming.simulate(
                order_id=order.id, kind=ClaimKind.RETURN, pieces=pieces, now=now()
            )
    return _shown(order, form, plan=plan)


@blueprint.post("/orders/<string:number>/not-right")
@public
@brings_files
@limiter.limit("20 per minute")
def say_not_right(number: str) -> ResponseReturnValue:
    """Take what is not right, in words and photographs."""
    order = _order(number)
    form = NotRightForm()
    if form.validate_on_submit():
        with refusals_on(form):
            pieces = _typed(claiming.claimable(order, now=now()))
            return _opened(order, form, ClaimKind(form.kind.text), pieces, form.words.text)
    return _shown(order, form)


def _opened(
    order: OrderView,
    form: ReturnForm,
    kind: ClaimKind,
    pieces: dict[int, int],
    words: str = "",
) -> ResponseReturnValue:
    public_id = claiming.open_claim(
        order_id=order.id,
        kind=kind,
        pieces=pieces,
        words=words,
        files=sent_files("files"),
        key=f"buyer:{order.id}:{form.key.text}",
        now=now(),
    )
    return redirect(f"{order_address(order.number)}/claims/{public_id}", code=303)


def _found(number: str, claim: str) -> tuple[OrderView, ClaimView]:
    order = _order(number)
    return order, claims.claim_of_order(claim, order_id=order.id)


@blueprint.get("/orders/<string:number>/claims/<string:claim>")
@public
def claim_page(number: str, claim: str) -> ResponseReturnValue:
    """Show where a matter stands, and what its buyer can do next."""
    order, found = _found(number, claim)
    return _claim_page(order, found, CourierForm(formdata=None), RaiseForm(formdata=None))


def _claim_page(
    order: OrderView, found: ClaimView, courier: CourierForm, raising: RaiseForm
) -> ResponseReturnValue:
    part = next(one for one in order.parts if one.id == found.fulfillment_id)
    lines = {line.id: line for line in part.lines}
    page = render_template(
        "storefront/claim.html",
        order=order,
        claim=found,
        kind=KINDS[found.kind],
        state=STATES[found.state],
        pieces=[(lines[one.order_line_id], one.quantity) for one in found.pieces],
        pictures=media.at_desk(Subject.CLAIM, found.id),
        steps=steps_of(found, {}),
        workshop=stations.workshop(part.workshop_id),
        courier=courier,
        raising=raising,
        may_raise=found.may_be_raised(now()),
        problems_of=problems_of,
    )
    return page, form_status(courier if courier.errors else raising)


@blueprint.get("/orders/<string:number>/claims/<string:claim>/pictures/<string:picture>")
@public
def claim_picture(number: str, claim: str, picture: str) -> ResponseReturnValue:
    """Show one of her own photographs to whoever has proved the order."""
    _, found = _found(number, claim)
    return private_picture(media.at_desk(Subject.CLAIM, found.id), picture)


@blueprint.post("/orders/<string:number>/claims/<string:claim>/sent")
@public
def claim_sent(number: str, claim: str) -> ResponseReturnValue:
    """Take the number of the parcel in which goods come back."""
    order, found = _found(number, claim)
    form = CourierForm()
    if form.validate_on_submit():
        with refusals_on(form):
            claiming.note_sent_back(
                order_id=order.id,
                public_id=found.public_id,
                carrier=form.carrier.text,
                tracking=form.tracking.text,
                now=now(),
            )
            flash(_("Noted. When it comes we look at it, then your money goes back."), "success")
            return redirect(request.path.rpartition("/")[0], code=303)
    return _claim_page(order, found, form, RaiseForm(formdata=None))


@blueprint.post("/orders/<string:number>/claims/<string:claim>/withdrawn")
@public
def claim_withdrawn(number: str, claim: str) -> ResponseReturnValue:
    """Take a matter back."""
    order, found = _found(number, claim)
    claiming.withdraw(order_id=order.id, public_id=found.public_id, now=now())
    flash(_("Withdrawn. You keep the goods."), "success")
    return redirect(request.path.rpartition("/")[0], code=303)


@blueprint.post("/orders/<string:number>/claims/<string:claim>/higher")
@public
def claim_raised(number: str, claim: str) -> ResponseReturnValue:
    """Take a refusal to the station, then to the town."""
    order, found = _found(number, claim)
    form = RaiseForm()
    if form.validate_on_submit():
        with refusals_on(form):
            state = claiming.raise_higher(
                order_id=order.id, public_id=found.public_id, words=form.words.text, now=now()
            )
            if state is ClaimState.AT_TOWN:
                flash(_("The town has it now, and answers within ten days."), "success")
            else:
                flash(_("Another person of the station looks at it within five days."), "success")
            return redirect(request.path.rpartition("/")[0], code=303)
    return _claim_page(order, found, CourierForm(formdata=None), form)
