"""Pictures on pages: addresses of their copies, and files that a request brings along."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, request, send_file
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from shop.kernel.errors import NotFound
from shop.media.darkroom.door import makes_films, reads_heif
from shop.media.gateway import storage
from shop.media.queries import PictureAtDesk, PictureView
from shop.media.rules import (
    MEGABYTE,
    MOST_BYTES,
    MOST_VIDEO_BYTES,
    MOST_VIDEO_SECONDS,
    PRIVATE,
    PUBLIC,
    Sent,
    copy_name,
    video_name,
)
from shop.web.access import public

blueprint = Blueprint("pictures", __name__)
View = TypeVar("View", bound=Callable[..., Any])

YEAR = 365 * 24 * 3600
# With script every file is a request of its own; without, a few share one.
MOST_TOGETHER = 48 * MEGABYTE
# Said by us: machines differ in what they call the newer forms, and browsers are told not to guess.
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg", "mp4": "video/mp4"}
_COPY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32,64}(?:-[0-9]{1,4})?\.(?P<form>avif|webp|jpg|mp4)")
_SOURCE = Markup('<source type="image/{}" srcset="{}" sizes="{}">')


@blueprint.get("/media/<path:path>")
@public
def media_file(path: str) -> ResponseReturnValue:
    """Send a copy that we made ourselves; its address names its content, so it is kept for ever."""
    copy = _COPY.fullmatch(path)
    if copy is None:
        raise NotFound(what=path)
    response = _sent(f"{PUBLIC}/{path}", copy["form"], etag=path.replace("/", "-"))
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


def private_picture(pictures: Iterable[PictureAtDesk], public_id: str) -> Response:
    """Send a picture that only some may see to who has proved to be one of them.

    pictures    those that may be seen here. Nothing of it is kept on the way. Raises NotFound.
    """
    for one in pictures:
        if one.public_id == public_id and one.shown is not None:
            width = int(one.shown.widths.split()[-1])
            name = copy_name(one.shown.digest, width=width, form="jpg")
            response = _sent(f"{PRIVATE}/{name}", "jpg", etag=False)
            response.headers["Cache-Control"] = "private, no-store"
            return response
    raise NotFound(what=public_id)


def _sent(name: str, form: str, *, etag: str | bool) -> Response:
    place = storage().path_of(name)
    if place is not None and not place.is_file():
        raise NotFound(what=name)
    return send_file(
        place or BytesIO(storage().get(name)), mimetype=TYPES[form], conditional=True, etag=etag
    )


def brings_files(view: View) -> View:
    """Let the requests of a view be as large as a few pictures together."""
    view.brings_files = True  # type: ignore[attr-defined]  # read by the hook below
    return view


def _let_files_in() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "brings_files", False):
        request.max_content_length = MOST_TOGETHER


def picture_url(photo: PictureView, width: int, form: str = "jpg") -> str:
    """Return the address of the narrowest copy that fills ``width`` pixels, else of the widest."""
    widths = [int(one) for one in photo.widths.split()]
    fitting = next((one for one in widths if one >= width), widths[-1])
    return f"/media/{copy_name(photo.digest, width=fitting, form=form)}"


def picture_srcset(photo: PictureView, form: str, most: int) -> str:
    """Return every copy of one form as ``srcset`` lists them, none far wider than ``most``."""
    widths = photo.widths.split()
    kept = [one for one in widths if int(one) <= most] or widths[:1]
    stem = f"/media/{photo.digest[:2]}/{photo.digest}"
    return ", ".join([f"{stem}-{one}.{form} {one}w" for one in kept])


def video_url(photo: PictureView) -> str:
    """Return the address of a film."""
    return f"/media/{video_name(photo.digest)}"


def picture_sources(photo: PictureView, sizes: str, most: int) -> Markup:
    """Return the sources that stand before the JPEG of a picture, the lightest first."""
    return Markup("").join(
        _SOURCE.format(form, picture_srcset(photo, form, most), sizes)
        for form in photo.forms.split()
        if form != "jpg"
    )


def picture_kinds() -> str:
    """Return what a file box offers; without HEIC in it, an iPhone turns its pictures into JPEG."""
    return ",".join(["image/jpeg", "image/png", "image/webp"] + [".heic"] * reads_heif())


def film_kinds() -> str:
    """Return what a file box offers beside pictures where films are taken; else nothing."""
    return ",video/mp4,video/webm,video/quicktime" if makes_films() else ""


def sent_files(name: str) -> list[Sent]:
    """Return the files that a form sent under one name; of each no more is read than is allowed."""
    sent = []
    for file in request.files.getlist(name):
        if file.filename:
            sent.append(Sent(name=file.filename, data=file.stream.read(MOST_VIDEO_BYTES + 1)))
        file.close()
    return sent


def init_app(app: Flask) -> None:
    """Give templates what the picture component needs, and pictures their way in.

    Comes before everything that reads a form, because the size is decided before that.
    """
    app.before_request(_let_files_in)
    app.jinja_env.globals.update(
        picture_url=picture_url,
        picture_srcset=picture_srcset,
        picture_sources=picture_sources,
        picture_kinds=picture_kinds,
        film_kinds=film_kinds,
        film_limits={"seconds": MOST_VIDEO_SECONDS, "megabytes": MOST_VIDEO_BYTES // MEGABYTE},
        video_url=video_url,
        picture_megabytes=MOST_BYTES // MEGABYTE,
    )
