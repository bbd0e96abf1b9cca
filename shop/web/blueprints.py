"""Which audience lives at which address."""

from __future__ import annotations

from flask import Flask

from shop.web import assets, gallery, health, pictures, reading
from shop.web.account import blueprint as account
from shop.web.api import blueprint as api
from shop.web.backoffice import blueprint as backoffice
from shop.web.counter import blueprint as counter
from shop.web.hooks import blueprint as hooks
from shop.web.member import blueprint as member
from shop.web.oversight import blueprint as oversight
from shop.web.storefront import blueprint as storefront
from shop.web.storefront.demo_pay import blueprint as demo_pay


def register(app: Flask) -> None:
    """Register every audience; gallery and demonstration payments stay out of production."""
    for blueprint in (
        assets.blueprint,
        pictures.blueprint,
        health.blueprint,
        reading.blueprint,
        storefront,
        account,
        member,
        backoffice,
        counter,
        oversight,
        api,
        hooks,
    ):
        app.register_blueprint(blueprint)
    if not app.config["SHOP"].is_production:
        app.register_blueprint(gallery.blueprint)
        app.register_blueprint(demo_pay)
