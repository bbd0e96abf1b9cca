"""The page behind the code on a label: whose piece it is, when it passed, nothing of a buyer."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.freshness import product, room
from shop.kernel.errors import NotFound
from shop.media import queries as media
from shop.media.rules import Subject
from shop.production import queries as making
from shop.production.queries import Provenance
from shop.production.rules import plain_code, said_code
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView
from shop.web.access import public
from shop.web.filters import locale_name, localized
from shop.web.kept_pages import kept, shows
from shop.web.limits import limiter
from shop.web.quality_labels import label_rows
from shop.web.storefront.door import blueprint


@blueprint.get("/p")
@public
@limiter.limit("60 per minute")
def find_piece() -> ResponseReturnValue:
    """Ask for the code of a label, for whoever has no camera; a code goes to its page."""
    typed = request.args.get("code", "")
    code = plain_code(typed)
    if code:
        return redirect(f"/p/{code}", code=303)
    return render_template("storefront/find_piece.html", typed=typed), 422 if typed else 200


@blueprint.get("/p/<string:code>")
@public
@kept()
@limiter.limit("60 per minute")
def piece(code: str) -> ResponseReturnValue:
    """Show where the pieces with a code come from, the maker as she allows it now."""
    plain = plain_code(code)
    if not plain:
        return render_template("storefront/find_piece.html", typed=code), 404
    if plain != code:
        return redirect(f"/p/{plain}", code=301)
    try:
        found = making.provenance(plain)
    except NotFound:
        return render_template("storefront/find_piece.html", typed=said_code(plain)), 404
    shows(product(found.product_id), room(found.station_id))
    workshop = stations.workshop(found.workshop_id)
    return render_template(
        "storefront/piece.html",
        piece=found,
        code=said_code(plain),
        workshop=workshop,
        place=_place(workshop),
        maker=stations.makers_shown([found.member_id]).get(found.member_id),
        photos=media.shown_of(Subject.PRODUCT, found.product_id),
        label=_label(found, workshop),
    )


def _place(workshop: WorkshopView) -> str:
    place = workshop.place_en if locale_name() == "en" else workshop.place
    return " › ".join(place)


def _label(found: Provenance, workshop: WorkshopView) -> list[tuple[str, str]]:
    return label_rows(
        workshop=localized(workshop, "name"),
        address=localized(workshop, "address") or _place(workshop),
        material=localized(found, "material"),
        care=localized(found, "care"),
        passed_on=found.passed_on,
        inspector=found.inspector,
    )
