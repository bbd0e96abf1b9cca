"""What towns and counties see: totals of their own part of the tree, and objections of buyers."""

from shop.web.oversight import claims, income, objections, parcels, pay_runs, views
from shop.web.oversight.room import blueprint

__all__ = ["blueprint", "claims", "income", "objections", "parcels", "pay_runs", "views"]
