"""What a person's roles are called on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from shop.accounts.rules import Role

ROLE_NAMES: dict[Role, LazyString] = {
    Role.MAKER: _l("Maker"),
    Role.WORKSHOP_LEAD: _l("Workshop lead"),
    Role.INSPECTOR: _l("Inspector"),
    Role.SOCIAL_WORKER: _l("Social worker"),
    Role.BOOKKEEPER: _l("Bookkeeper"),
    Role.CASHIER: _l("Cashier"),
    Role.INSTRUCTOR: _l("Instructor"),
    Role.TOWN_SUPERVISOR: _l("Town supervisor"),
    Role.COUNTY_OFFICER: _l("County officer"),
    Role.OPERATOR: _l("Operator"),
}
