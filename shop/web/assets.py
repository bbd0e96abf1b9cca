"""Files of the site itself: styles, scripts, drawn goods, pictures; kept for a year."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, send_from_directory
from flask.typing import ResponseReturnValue

from shop.kernel.errors import NotFound
from shop.web import art
from shop.web.access import public
from shop.web.filters import stylesheet

blueprint = Blueprint("assets", __name__)

FOREVER = "public, max-age=31536000, immutable"


@blueprint.get("/static/<path:path>")
@public
def static_file(path: str) -> ResponseReturnValue:
    """Send one file of the static folder."""
    response = send_from_directory(current_app.config["STATIC_FOLDER"], path)
    response.headers["Cache-Control"] = FOREVER
    return response


@blueprint.get("/assets/site-<string:digest>.css")
@public
def stylesheet_file(digest: str) -> ResponseReturnValue:  # noqa: ARG001 - only there to name the content
    """Send the one stylesheet."""
    response = Response(stylesheet(current_app.config["STATIC_FOLDER"]), mimetype="text/css")
    response.headers["Cache-Control"] = FOREVER
    return response


@blueprint.get("/art/<path:name>.svg")
@public
def artwork(name: str) -> ResponseReturnValue:
    """Send a drawn or woven picture."""
    picture = art.artwork(name)
    if picture is None:
        raise NotFound(what=name)
    response = Response(str(picture), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = FOREVER
    return response


@blueprint.get("/favicon.ico")
@public
def favicon() -> ResponseReturnValue:
    """Send the icon that browsers ask for unasked."""
    return send_from_directory(current_app.config["STATIC_FOLDER"], "favicon.ico")
