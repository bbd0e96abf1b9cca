"""What a buyer keeps in her account: addresses, how she is reached, which messages she wants."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import buyers, codes
from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.kernel.errors import NotFound
from shop.kernel.telling import CodePurpose
from shop.notifications.rules import Kind
from shop.orders import queries as orders_known
from shop.reviews import queries as reviews_known
from shop.web.access import current_actor, now, signed_in
from shop.web.account.codes import show_in_demonstration, ticket
from shop.web.account.forms import AddressForm, CodeForm, NameForm
from shop.web.account.frame import blueprint
from shop.web.account.proving import proof_first
from shop.web.errors import form_status, refusals_on
from shop.web.fields import problems_of
from shop.web.filters import locale_name
from shop.web.limits import limiter, network_digest
from shop.workflows import reviewing

# What an order does not need, and a buyer may therefore refuse.
OPTIONAL = (Kind.HOW_IS_IT, Kind.REVIEW_ANSWERED)


def _me() -> int:
    return current_actor().user_id or 0


@blueprint.get("/account/addresses")
@signed_in
def own_addresses() -> ResponseReturnValue:
    """List a buyer's addresses, the one she takes first at the top."""
    return render_template("account/addresses.html", addresses=buyers.addresses_of(_me()))


def _show_address(form: AddressForm, name: str | None) -> ResponseReturnValue:
    page = render_template("account/address.html", form=form, problems=problems_of(form), name=name)
    return page, form_status(form)


@blueprint.route("/account/addresses/new", methods=["GET", "POST"])
@signed_in
def new_address() -> ResponseReturnValue:
    """Keep one more address."""
    return _keep(AddressForm(), None)


@blueprint.route("/account/addresses/<string:name>", methods=["GET", "POST"])
@signed_in
def own_address_page(name: str) -> ResponseReturnValue:
    """Change an address."""
    known = next((one for one in buyers.addresses_of(_me()) if one.public_id == name), None)
    if known is None:
        raise NotFound(what="address")
    return _keep(AddressForm(obj=known, place=known.place_code or None), name)


def _keep(form: AddressForm, name: str | None) -> ResponseReturnValue:
    if "place_step" in request.form:
        return _show_address(form, name)
    if form.validate_on_submit():
        with refusals_on(form):
            buyers.keep_address(
                user_id=_me(),
                name=form.name.text,
                phone=form.phone.data or "",
                place_code=form.place.code,
                region=form.region_said,
                address=form.address.text,
                is_default=bool(form.is_default.data),
                public_id_of=name,
                now=now(),
            )
            flash(_("The address is kept."), "success")
            return redirect(url_for("account.own_addresses"), code=303)
    return _show_address(form, name)


@blueprint.post("/account/addresses/<string:name>/removal")
@signed_in
def drop_address(name: str) -> ResponseReturnValue:
    """Remove an address; orders that went there keep their own copy."""
    buyers.drop_address(user_id=_me(), name=name)
    flash(_("The address is removed."), "success")
    return redirect(url_for("account.own_addresses"), code=303)


def _show_settings(name: NameForm, reached: CodeForm) -> ResponseReturnValue:
    user_id = _me()
    page = render_template(
        "account/settings.html",
        name_form=name,
        reached_form=reached,
        problems=problems_of(name) + problems_of(reached),
        contacts=buyers.contacts_of(user_id),
        refused=buyers.refusals_of(user_id),
        optional=_optional(),
    )
    return page, max(form_status(name), form_status(reached))


def _optional() -> list[tuple[str, str]]:
    said = {
        Kind.HOW_IS_IT: _("How is what I bought? (once, a week after it came)"),
        Kind.REVIEW_ANSWERED: _("The workshop has answered my review"),
    }
    return [(kind.value, said[kind]) for kind in OPTIONAL]


def _name_form(*, is_sent: bool) -> NameForm:
    name = accounts_now.user_by_id(_me()).name
    return NameForm(name=name) if is_sent else NameForm(formdata=None, name=name)


@blueprint.get("/account/settings")
@signed_in
def settings() -> ResponseReturnValue:
    """Show how a buyer is called and reached, and which messages she gets."""
    return _show_settings(_name_form(is_sent=False), CodeForm(formdata=None))


@blueprint.post("/account/name")
@signed_in
def rename() -> ResponseReturnValue:
    """Keep how a buyer wants to be called."""
    form = _name_form(is_sent=True)
    if not buyers.contacts_of(_me()):
        raise NotFound(what="page")  # staff and makers are called as the room knows them
    if form.validate_on_submit():
        accounts.rename(user_id=_me(), name=form.name.text)
        return redirect(url_for("account.settings"), code=303)
    return _show_settings(form, CodeForm(formdata=None))


@blueprint.post("/account/messages")
@signed_in
def choose_messages() -> ResponseReturnValue:
    """Keep which messages a buyer wants; those an order needs always come."""
    wanted = set(request.form.getlist("wanted"))
    buyers.choose_messages(
        user_id=_me(),
        refused=frozenset(kind.value for kind in OPTIONAL if kind.value not in wanted),
    )
    flash(_("Your choice is kept."), "success")
    return redirect(url_for("account.settings"), code=303)


@blueprint.post("/account/contact")
@limiter.limit("12 per minute; 60 per hour")
@signed_in
def new_contact() -> ResponseReturnValue:
    """Send a code to a new number or address; first she proves the one that she has."""
    if not buyers.contacts_of(_me()):
        raise NotFound(what="page")
    if (first := proof_first("/account/settings")) is not None:
        return first
    form = CodeForm()
    if form.validate_on_submit():
        with refusals_on(form):
            asked = codes.ask(
                contact=form.contact.data or "",
                ticket=ticket(),
                network=network_digest(),
                locale=locale_name(),
                purpose=CodePurpose.CONFIRM_ADDRESS,
                user_id=_me(),
                now=now(),
            )
            show_in_demonstration(asked)
            return redirect(url_for("account.type_code_to_confirm", name=asked.public_id), code=303)
    return _show_settings(_name_form(is_sent=False), form)


@blueprint.get("/account/reviews")
@signed_in
def own_reviews() -> ResponseReturnValue:
    """List what a buyer has said of what she bought, and where she can still say something."""
    shown = orders_known.orders_of_account(_me(), most=50)
    written = {order.number: list(reviews_known.own_reviews(order.id).values()) for order in shown}
    titles = {line.id: line for order in shown for line in order.lines}
    return render_template(
        "account/reviews.html",
        orders=[order for order in shown if written[order.number]],
        written=written,
        lines=titles,
        paths={order.number: reviewing.review_path(order.number) for order in shown},
    )
