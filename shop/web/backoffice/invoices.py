"""Invoices to write and to take back in red, each with the name it stands in."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.invoices import queries as invoices
from shop.kernel.access import Permission
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import InvoiceForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.workflows import invoicing


def _show(form: InvoiceForm, *, wrong: str = "") -> ResponseReturnValue:
    rows = invoicing.rows(current_actor().scope(Permission.WRITE_INVOICES))
    return (
        render_template(
            "backoffice/invoice_list.html",
            rows=rows,
            workshops=stations.workshops_by_id(row.invoice.workshop_id for row in rows),
            form=form,
            wrong=wrong,
        ),
        form_status(form),
    )


@blueprint.get("/invoices")
@requires(Permission.WRITE_INVOICES)
def invoice_list() -> ResponseReturnValue:
    """List the invoices in reach: to write, to take back, and written."""
    return _show(InvoiceForm(formdata=None))


@blueprint.post("/invoices/<string:public_id>/written")
@requires(Permission.WRITE_INVOICES)
def invoice_written(public_id: str) -> ResponseReturnValue:
    """Note the number of an invoice that was written."""
    invoices.invoice(public_id, current_actor().scope(Permission.WRITE_INVOICES))
    form = InvoiceForm()
    if form.validate_on_submit():
        with refusals_on(form):
            invoicing.note_written(
                public_id=public_id,
                number=form.number.text,
                scope=current_actor().scope(Permission.WRITE_INVOICES),
                actor=current_actor(),
                now=now(),
            )
            flash(_("Noted: the invoice is written."), "success")
            return redirect(url_for(".invoice_list"))
    return _show(form, wrong=public_id)


@blueprint.post("/invoices/<string:public_id>/red")
@requires(Permission.WRITE_INVOICES)
def invoice_red(public_id: str) -> ResponseReturnValue:
    """Note the number of a red letter."""
    invoices.invoice(public_id, current_actor().scope(Permission.WRITE_INVOICES))
    form = InvoiceForm()
    if form.validate_on_submit():
        with refusals_on(form):
            invoicing.note_red(
                public_id=public_id,
                number=form.number.text,
                scope=current_actor().scope(Permission.WRITE_INVOICES),
                actor=current_actor(),
                now=now(),
            )
            flash(_("Noted: the red letter is written."), "success")
            return redirect(url_for(".invoice_list"))
    return _show(form, wrong=public_id)
