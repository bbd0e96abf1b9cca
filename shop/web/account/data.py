"""What is kept of a buyer: to read, to take along, and to be forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Response, flash, redirect, render_template, session, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.accounts import buyers
from shop.kernel.errors import NotFound
from shop.notifications import queries as told_of
from shop.notifications.queries import Told
from shop.orders import queries as orders
from shop.web.access import current_actor, now, signed_in
from shop.web.account.forms import CloseForm
from shop.web.account.frame import blueprint, leave_nothing
from shop.web.account.proving import proof_first
from shop.web.errors import form_status
from shop.web.fields import problems_of
from shop.web.limits import limiter
from shop.workflows import disclosing, forgetting

FORMAT = "dengliang account 1"


def _me() -> int:
    """Return who is here, if she is a buyer: others ask their room. Raises NotFound."""
    user_id = current_actor().user_id or 0
    if not buyers.contacts_of(user_id):
        raise NotFound(what="page")
    return user_id


@blueprint.get("/account/data")
@signed_in
def own_data() -> ResponseReturnValue:
    """Say in plain words what is kept of a buyer, why, and for how long."""
    _me()
    return render_template("account/data.html")


@blueprint.get("/account/data/all")
@limiter.limit("20 per hour")
@signed_in
def read_data() -> ResponseReturnValue:
    """Show everything that is kept of a buyer on one page."""
    user_id = _me()
    if (first := proof_first("/account/data/all")) is not None:
        return first
    buyers.note_export(user_id=user_id, now=now())
    parts = [(name, list(records)) for name, records in _sections(user_id)]
    return render_template("account/all_data.html", parts=parts, said=_section_names())


def _section_names() -> dict[str, str]:
    return {
        "account": _("My account"),
        "reached_by": _("How I am reached"),
        "addresses": _("Addresses"),
        "signed_in_on": _("Devices, also those of the past"),
        "passkeys": _("Passkeys"),
        "messages_refused": _("Messages I do not want"),
        "favorites": _("Favorites"),
        "cart": _("Cart"),
        "orders": _("Orders"),
        "messages": _("What we told you"),
    }


def _sections(user_id: int) -> Iterator[disclosing.Section]:
    yield from disclosing.sections(user_id)
    yield "messages", map(_message, told_of.told_about_orders(orders.order_ids_of_account(user_id)))


def _message(told: Told) -> disclosing.Record:
    return {
        "kind": told.kind.value,
        "title": told.letter.title,
        "text_message": told.letter.short,
        "words": list(told.letter.paragraphs),
        "written_at": told.written_at.isoformat(),
    }


@blueprint.post("/account/data")
@limiter.limit("20 per hour")
@signed_in
def take_data() -> ResponseReturnValue:
    """Send everything that is kept of a buyer as JSON, read and written piece by piece."""
    user_id = _me()
    if (first := proof_first("/account/data")) is not None:
        return first
    buyers.note_export(user_id=user_id, now=now())
    name = f"dengliang-{now():%Y%m%d}.json"
    return Response(
        stream_with_context(_written(user_id)),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        direct_passthrough=True,  # packing it would need the whole in memory
    )


def _written(user_id: int) -> Iterator[bytes]:
    opening = {"format": FORMAT, "made_at": now().isoformat()}
    yield json.dumps(opening)[:-1].encode()
    for name, records in _sections(user_id):
        yield f", {json.dumps(name)}: [".encode()
        for number, record in enumerate(records):
            yield (", " if number else "").encode()
            yield json.dumps(record, ensure_ascii=False).encode()
        yield b"]"
    yield b"}\n"


@blueprint.route("/account/closing", methods=["GET", "POST"])
@limiter.limit("10 per hour", methods=["POST"])
@signed_in
def close_account() -> ResponseReturnValue:
    """Say once more what is lost and what stays, and close the account when she is sure."""
    user_id = _me()
    if (first := proof_first("/account/closing")) is not None:
        return first
    form = CloseForm()
    if form.validate_on_submit():
        # Before her orders forget whose they are, which this needs to know.
        response: Response = redirect(url_for("storefront.home"), code=303)  # type: ignore[assignment]
        leave_nothing(response, user_id)
        forgetting.close_account(user_id=user_id, now=now())
        session.clear()
        flash(_("Your account is closed. Thank you for having bought here."), "success")
        return response
    page = render_template("account/closing.html", form=form, problems=problems_of(form))
    return page, form_status(form)
