"""Pictures of one listing: sending them, their words, their order, taking them off."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.catalog import desk as listed
from shop.catalog import services as catalog
from shop.kernel.access import Permission
from shop.media.queries import PictureAtDesk
from shop.media.rules import MOST_OF, REFUSALS, PictureState, Place, Subject
from shop.web.access import current_actor, now, requires
from shop.web.backoffice.forms import PictureForm
from shop.web.backoffice.room import blueprint
from shop.web.desk_frame import GOODS, joint_scope
from shop.web.errors import form_status, refusals_on, words_of
from shop.web.pictures import brings_files, sent_files
from shop.workflows import picturing


def _listing(public_id: str) -> listed.ListingDetail:
    return listed.listing(public_id, joint_scope(current_actor(), GOODS))


def _form_of(picture: PictureAtDesk) -> PictureForm:
    return PictureForm(formdata=None, obj=picture, prefix=f"{picture.public_id}-")


def _page(public_id: str, *, refused: list[tuple[str, str]], forms: dict[str, PictureForm]) -> str:
    detail = _listing(public_id)
    return render_template(
        "backoffice/pictures_page.html",
        listing=detail.listing,
        pictures=[
            (
                picture,
                forms.get(picture.public_id) or _form_of(picture),
                words_of(REFUSALS[picture.reason]()) if picture.reason else "",
            )
            for picture in detail.photos
        ],
        forms=forms,
        refused=refused,
        room_left=MOST_OF[Subject.PRODUCT]
        - sum(picture.state is not PictureState.REFUSED for picture in detail.photos),
    )


@blueprint.get("/goods/<string:public_id>/pictures")
@requires(Permission.SEE_DESK)
def goods_pictures(public_id: str) -> ResponseReturnValue:
    """Show every picture of a listing with its words and what became of it."""
    return _page(public_id, refused=[], forms={})


@blueprint.post("/goods/<string:public_id>/pictures")
@requires(Permission.MANAGE_LISTING)
@brings_files
def goods_pictures_add(public_id: str) -> ResponseReturnValue:
    """Take pictures in; what is refused is named with its reason, the rest is kept.

    A script sends one file at a time and reads the reasons as JSON.
    """
    files = sent_files("files")
    refused = picturing.add_to_product(
        product_id=_listing(public_id).listing.product_id,
        files=files,
        actor=current_actor(),
        now=now(),
    )
    reasons = [(one.name, words_of(one.refusal)) for one in refused]
    if not files:
        reasons.append(("", _("Choose a picture first.")))
    status = refused[0].refusal.status if refused else 422
    if request.accept_mimetypes.best == "application/json":
        return {"refused": [why for _name, why in reasons]}, status if reasons else 200
    if reasons:
        return _page(public_id, refused=reasons, forms={}), status
    flash(
        ngettext(
            "%(num)s picture has come. Write down what is seen on it.",
            "%(num)s pictures have come. Write down what is seen on them.",
            len(files),
        ),
        "success",
    )
    return redirect(url_for(".goods_pictures", public_id=public_id))


@blueprint.post("/goods/<string:public_id>/pictures/<string:picture>/words")
@requires(Permission.MANAGE_LISTING)
def goods_picture_words(public_id: str, picture: str) -> ResponseReturnValue:
    """Write what is seen on a picture, in both languages, and where the eye goes."""
    form = PictureForm(prefix=f"{picture}-")
    if form.validate_on_submit():
        with refusals_on(form):
            catalog.describe_picture(
                product_id=_listing(public_id).listing.product_id,
                picture=picture,
                words=form.words,
                actor=current_actor(),
                now=now(),
            )
            flash(_("Written down."), "success")
            return redirect(url_for(".goods_pictures", public_id=public_id))
    return _page(public_id, refused=[], forms={picture: form}), form_status(form)


@blueprint.post("/goods/<string:public_id>/pictures/<string:picture>/place")
@requires(Permission.MANAGE_LISTING)
def goods_picture_place(public_id: str, picture: str) -> ResponseReturnValue:
    """Move a picture to the front, earlier or later."""
    product_id = _listing(public_id).listing.product_id
    to = request.form.get("to", "")
    if to in list(Place):
        catalog.move_picture(
            product_id=product_id,
            picture=picture,
            to=Place(to),
            actor=current_actor(),
            now=now(),
        )
    return redirect(url_for(".goods_pictures", public_id=public_id, _anchor=picture))


@blueprint.post("/goods/<string:public_id>/pictures/<string:picture>/off")
@requires(Permission.MANAGE_LISTING)
def goods_picture_off(public_id: str, picture: str) -> ResponseReturnValue:
    """Take a picture off the listing."""
    catalog.take_picture_down(
        product_id=_listing(public_id).listing.product_id,
        picture=picture,
        actor=current_actor(),
        now=now(),
    )
    flash(_("The picture is taken off."), "info")
    return redirect(url_for(".goods_pictures", public_id=public_id))
