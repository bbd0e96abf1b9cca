"""Every component in every state, for those who build pages; not there in production."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from shop.web import components_gallery
from shop.web.access import public

blueprint = Blueprint("gallery", __name__)


@blueprint.get("/_components")
@public
def components() -> ResponseReturnValue:
    """Show the gallery."""
    return render_template("components_gallery.html", samples=components_gallery.SAMPLES)
