"""Curated shelves: a title, a sentence, a picture, days, and goods in an order somebody chose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.catalog import queries as catalog
from shop.kernel import workdays
from shop.kernel.access import Permission, Scope
from shop.kernel.clock import business_day
from shop.shelves import queries as shelves
from shop.shelves import services as shelving
from shop.shelves.queries import ShelfView
from shop.shelves.rules import coming_seasons
from shop.stations import queries as stations
from shop.web.access import current_actor, now, requires
from shop.web.art_feasts import PICTURES
from shop.web.backoffice.forms import ShelfForm
from shop.web.backoffice.room import blueprint
from shop.web.errors import form_status, refusals_on
from shop.web.filters import localized

LONGEST_SEARCH = 40


def _scope() -> Scope:
    return current_actor().scope(Permission.CURATE)


def _shelf(slug: str) -> ShelfView:
    return shelves.shelf(slug, scope=_scope(), now=now())


def _form(**given: Any) -> ShelfForm:
    form = ShelfForm(**given)
    places = [stations.ancestors(path)[-1] for path in dict.fromkeys(_scope().paths) if path != "/"]
    form.station.choices = [(one.code, localized(one, "short_name")) for one in places]
    form.picture.choices = [(name, scene.title) for name, scene in PICTURES.items()]
    return form


@blueprint.get("/shelves")
@requires(Permission.CURATE)
def shelf_list() -> ResponseReturnValue:
    """List the shelves in reach, and the feasts for which one could be put up."""
    return render_template(
        "backoffice/shelf_list.html",
        shelves=shelves.shelves(_scope(), now=now()),
        seasons=coming_seasons(workdays.china(), today=business_day(now())),
        today=business_day(now()),
    )


@blueprint.route("/shelves/new", methods=["GET", "POST"])
@requires(Permission.CURATE)
def shelf_new() -> ResponseReturnValue:
    """Begin a shelf, with the days and the name of a feast where one was chosen."""
    seasons = coming_seasons(workdays.china(), today=business_day(now()))
    wanted = request.args.get("season", "")
    season = next((one for one in seasons if one.feast.key == wanted), None)
    given: dict[str, Any] = {}
    if season is not None:
        given = {
            "title": f"{season.feast.name}的礼",
            "title_en": f"For the {season.feast.name_en}",
            "picture": season.feast.picture,
            "first_day": season.starts_on,
            "last_day": season.ends_on,
        }
    form = _form(**given)
    if form.validate_on_submit():
        with refusals_on(form):
            slug = shelving.put_up(
                station_id=stations.station_by_code(form.station.data).id,
                words=form.said,
                actor=current_actor(),
                now=now(),
            )
            flash(_("The shelf stands. Now choose what belongs on it."), "success")
            return redirect(url_for(".shelf_page", slug=slug))
    return render_template("backoffice/shelf_new.html", form=form), form_status(form)


@blueprint.get("/shelves/<string:slug>")
@requires(Permission.CURATE)
def shelf_page(slug: str) -> ResponseReturnValue:
    """Show one shelf: its goods in their order, and what else could stand there."""
    return _page(_shelf(slug))


def _page(view: ShelfView, form: ShelfForm | None = None) -> ResponseReturnValue:
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    if form is None:
        form = _form(
            formdata=None,
            obj=view,
            first_day=view.starts_on,
            last_day=view.ends_on,
            station=stations.station(view.station_id).code,
        )
    return (
        render_template(
            "backoffice/shelf_page.html",
            shelf=view,
            items=shelves.goods_on(view.id),
            others=shelves.goods_to_add(view, text=text),
            q=text,
            form=form,
            today=business_day(now()),
        ),
        form_status(form),
    )


@blueprint.post("/shelves/<string:slug>/words")
@requires(Permission.CURATE)
def shelf_words(slug: str) -> ResponseReturnValue:
    """Change what a shelf says and when it stands."""
    view = _shelf(slug)
    form = _form()
    form.station.choices = [(form.station.data, "")]
    if form.validate_on_submit():
        with refusals_on(form):
            shelving.change(shelf_id=view.id, words=form.said, actor=current_actor(), now=now())
            flash(_("The words are changed."), "success")
            return redirect(url_for(".shelf_page", slug=slug))
    return _page(view, form)


@blueprint.post("/shelves/<string:slug>/goods")
@requires(Permission.CURATE)
def shelf_goods(slug: str) -> ResponseReturnValue:
    """Put a product on a shelf, move it along or take it off."""
    view = _shelf(slug)
    acts: dict[str, tuple[Callable[..., object], dict[str, int]]] = {
        "add": (shelving.add_goods, {}),
        "off": (shelving.take_off, {}),
        "up": (shelving.move, {"by": -1}),
        "down": (shelving.move, {"by": 1}),
    }
    act = acts.get(request.form.get("act", ""))
    product = request.form.get("product", "")
    if act is not None and product:
        verb, more = act
        verb(
            shelf_id=view.id,
            product_id=catalog.product_id_of(product),
            actor=current_actor(),
            now=now(),
            **more,
        )
    return redirect(url_for(".shelf_page", slug=slug, q=request.form.get("q") or None))


@blueprint.post("/shelves/<string:slug>/end")
@requires(Permission.CURATE)
def shelf_end(slug: str) -> ResponseReturnValue:
    """Take a shelf out of the shop today."""
    shelving.end(shelf_id=_shelf(slug).id, actor=current_actor(), now=now())
    flash(_("The shelf is taken down. Its goods stay in the shop."), "success")
    return redirect(url_for(".shelf_list"))
