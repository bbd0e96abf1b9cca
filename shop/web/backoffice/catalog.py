"""Goods in and out as files: bring one in, look at what it would change, write it, take one out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from flask import (
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.exchange import queries as exchanged
from shop.exchange import services as exchange
from shop.exchange.files.columns import COLUMNS, example_rows, headings
from shop.exchange.files.writing import write_workbook
from shop.exchange.queries import CatalogFileView
from shop.exchange.rules import (
    MOST_FILE_BYTES,
    MOST_SENT_PICTURE_BYTES,
    Choices,
    OtherCurrency,
    Outcome,
)
from shop.kernel.access import Permission, Scope
from shop.kernel.clock import business_day
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.addresses import absolute
from shop.web.backoffice.forms import BringCatalogForm
from shop.web.backoffice.room import blueprint
from shop.web.catalog_words import column_said, remark_said
from shop.web.desk_frame import GOODS, joint_scope
from shop.web.downloads import csv_file
from shop.web.errors import form_status, refusals_on
from shop.web.filters import locale_name, localized
from shop.web.pictures import picture_url
from shop.workflows import catalog_export, catalog_import
from shop.workflows.catalog_export import Shape

ROWS_A_PAGE = 100
# Pixels of the pictures whose addresses other shops are given.
WIDE = 1600
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The other fields of the form are small.
MOST_SENT = MOST_FILE_BYTES + MOST_SENT_PICTURE_BYTES + 1024 * 1024


@blueprint.url_value_preprocessor
def _let_catalogs_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let whoever may bring a catalog send more than other forms; decided before it is read."""
    if endpoint == "backoffice.catalog_bring" and current_actor().holds(Permission.MANAGE_LISTING):
        request.max_content_length = MOST_SENT


def _scope() -> Scope:
    return current_actor().scope(Permission.MANAGE_LISTING)


@blueprint.get("/goods/catalog")
@requires(Permission.SEE_DESK)
def catalog_page() -> ResponseReturnValue:
    """Show how goods come in and go out as files, and what came in the last days."""
    return _catalog_page(_bring_form())


def _catalog_page(form: BringCatalogForm) -> ResponseReturnValue:
    everything = stations.workshops(joint_scope(current_actor(), GOODS))
    page = render_template(
        "backoffice/catalog.html",
        form=form,
        files=exchanged.files(_scope(), now=now()),
        workshops={one.id: one for one in everything},
        shapes=[
            ("csv", "CSV"),
            ("xlsx", "XLSX"),
            ("shopify", "Shopify"),
            ("woocommerce", "WooCommerce"),
        ],
        files_lost=bool(request.files),
    )
    return page, form_status(form)


def _bring_form() -> BringCatalogForm:
    form = BringCatalogForm()
    form.workshop_slug.choices = [
        (one.slug, localized(one, "name")) for one in stations.workshops(_scope())
    ]
    return form


@blueprint.post("/goods/catalog")
@requires(Permission.MANAGE_LISTING)
def catalog_bring() -> ResponseReturnValue:
    """Take a catalog in, to be looked at; nothing of it is written yet."""
    form = _bring_form()
    if form.validate_on_submit():
        sent, pictures = request.files["catalog"], request.files.get("pictures")
        has_pictures = pictures is not None and bool(pictures.filename)
        with refusals_on(form):
            name = exchange.receive(
                workshop_id=stations.workshop_by_slug(form.workshop_slug.data).id,
                catalog=sent.stream,
                name=sent.filename or "",
                pictures=pictures.stream if pictures is not None and has_pictures else None,
                pictures_name=pictures.filename if pictures is not None and has_pictures else None,
                choices=Choices(
                    currency=form.currency.data or None,
                    other_currency=OtherCurrency(form.other_currency.data),
                    share_percent=form.share_percent.data,
                ),
                actor=current_actor(),
                now=now(),
            )
            return redirect(url_for(".catalog_file", public_id=name), 303)
    return _catalog_page(form)


@blueprint.get("/goods/catalog/files/<string:public_id>")
@requires(Permission.MANAGE_LISTING)
def catalog_file(public_id: str) -> ResponseReturnValue:
    """Show what a catalog would change, row by row, or how far its reading is."""
    catalog = exchanged.file(public_id, _scope())
    shown = request.args.get("show", "")
    outcome = Outcome(shown) if shown in list(Outcome) else None
    after = request.args.get("after", "0")
    rows = list(
        exchanged.rows(
            catalog,
            outcomes=[outcome] if outcome else None,
            after=int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else 0,  # noqa: PLR2004 - more digits than any line number
            most=ROWS_A_PAGE + 1,
        )
    )
    return render_template(
        "backoffice/catalog_file.html",
        catalog=catalog,
        workshop=stations.workshop(catalog.workshop_id),
        outcome=outcome,
        rows=rows[:ROWS_A_PAGE],
        next_after=rows[ROWS_A_PAGE - 1].line if len(rows) > ROWS_A_PAGE else None,
        column_said=column_said,
        remark_said=remark_said,
    )


@blueprint.post("/goods/catalog/files/<string:public_id>/write")
@requires(Permission.MANAGE_LISTING)
def catalog_write(public_id: str) -> ResponseReturnValue:
    """Order the catalog to be written, as the dry run showed it."""
    exchange.order(name=public_id, actor=current_actor())
    return redirect(url_for(".catalog_file", public_id=public_id), 303)


@blueprint.post("/goods/catalog/files/<string:public_id>/discard")
@requires(Permission.MANAGE_LISTING)
def catalog_discard(public_id: str) -> ResponseReturnValue:
    """Throw the upload away."""
    exchange.discard(name=public_id, actor=current_actor())
    flash(_("Thrown away. No goods were changed."), "info")
    return redirect(url_for(".catalog_page"), 303)


@blueprint.get("/goods/catalog/files/<string:public_id>/report.csv")
@requires(Permission.MANAGE_LISTING)
def catalog_report(public_id: str) -> ResponseReturnValue:
    """Send what would become of the rows, with line numbers and reasons."""
    catalog = exchanged.file(public_id, _scope())
    return csv_file(_report(catalog), f"{catalog.public_id}-report.csv")


def _report(catalog: CatalogFileView) -> Iterator[list[str]]:
    yield [_("Line"), _("What becomes of it"), _("Code"), _("SKU"), _("What there is to say")]
    yield from catalog_import.report(
        exchanged.rows(catalog), said=remark_said, column_said=column_said
    )


@blueprint.get("/goods/catalog/help")
@requires(Permission.SEE_DESK)
def catalog_help() -> ResponseReturnValue:
    """Explain the columns and what is done with other shops' files."""
    return render_template("backoffice/catalog_help.html", columns=COLUMNS)


@blueprint.get("/goods/catalog/template.csv")
@requires(Permission.SEE_DESK)
def catalog_template_csv() -> ResponseReturnValue:
    """Send a CSV file to begin with."""
    return csv_file(iter([_headings(), *example_rows()]), "goods-template.csv")


@blueprint.get("/goods/catalog/template.xlsx")
@requires(Permission.SEE_DESK)
def catalog_template_xlsx() -> ResponseReturnValue:
    """Send a workbook to begin with, its columns explained on a second sheet."""
    return _workbook(iter(example_rows()), "goods-template.xlsx")


@blueprint.get("/goods/catalog/export")
@requires(Permission.SEE_DESK)
def catalog_take_out() -> ResponseReturnValue:
    """Send the goods in reach as a file, in our columns or in another shop's."""
    wanted = request.args.get("format", "csv")
    scope = joint_scope(current_actor(), GOODS)
    by_slug = {one.slug: one.id for one in stations.workshops(scope)}
    workshop_id = by_slug.get(request.args.get("workshop", ""))
    shape = Shape(wanted) if wanted in list(Shape) else Shape.OWN
    rows = catalog_export.rows(
        scope=scope,
        shape=shape,
        address_of=lambda picture: absolute(picture_url(picture, WIDE)),
        workshop_id=workshop_id,
        is_english=locale_name() == "en",
    )
    name = f"goods-{business_day(now())}" + ("" if shape is Shape.OWN else f"-{shape}")
    head = next(rows)
    if wanted == "xlsx":
        return _workbook(rows, f"{name}.xlsx")
    return csv_file(_with_head(_headings() if shape is Shape.OWN else head, rows), f"{name}.csv")


def _with_head(head: list[str], rows: Iterator[list[str]]) -> Iterator[list[str]]:
    yield head
    yield from rows


def _headings() -> list[str]:
    return headings(in_chinese=locale_name() != "en")


def _workbook(rows: Iterator[Sequence[str]], name: str) -> Response:
    explained = [[_("Column"), _("In Chinese"), _("What it holds")]]
    explained += [[one.name, one.chinese, _(one.holds)] for one in COLUMNS]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        write_workbook(
            file,
            sheet=_("Goods"),
            head=_headings(),
            rows=rows,
            notes=(_("Columns"), explained),
        )
        opened = file.open("rb")  # stays readable when the folder is gone; closed with the answer
    return send_file(opened, mimetype=XLSX, as_attachment=True, download_name=name)
