"""Files of the site itself: styles, scripts, drawn goods, pictures; kept for a year."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, request, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.security import safe_join

from shop.kernel.errors import NotFound
from shop.web import art
from shop.web.access import public
from shop.web.filters import stylesheet

blueprint = Blueprint("assets", __name__)

FOREVER = "public, max-age=31536000, immutable"
TEXTS = {".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def _packed(content: bytes) -> tuple[bytes, str]:
    # Packed once and read by everybody: tightly, then. The files of the site are few and small.
    return gzip.compress(content, compresslevel=9, mtime=0), hashlib.sha256(content).hexdigest()


def _send_text(content: bytes, mimetype: str) -> Response:
    packed, digest = _packed(content)
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(packed if is_packed else content, mimetype=mimetype)
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{digest[:20]}-gz" if is_packed else digest[:20])
    response.headers["Cache-Control"] = FOREVER
    response.make_conditional(request)
    return response


@blueprint.get("/static/<path:path>")
@public
def static_file(path: str) -> ResponseReturnValue:
    """Send one file of the static folder."""
    folder = current_app.config["STATIC_FOLDER"]
    name = safe_join(folder, path)
    kind = TEXTS.get(Path(path).suffix)
    if name is not None and kind is not None and Path(name).is_file():
        return _send_text(Path(name).read_bytes(), kind)
    response = send_from_directory(folder, path)
    response.headers["Cache-Control"] = FOREVER
    return response


@blueprint.get("/assets/<any(window, work):reader>-<string:digest>.css")
@public
def stylesheet_file(reader: str, digest: str) -> ResponseReturnValue:  # noqa: ARG001 - only there to name the content
    """Send the stylesheet of buyers or of those who work."""
    return _send_text(stylesheet(current_app.config["STATIC_FOLDER"], reader), "text/css")


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
