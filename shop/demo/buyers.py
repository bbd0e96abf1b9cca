"""One buyer of the demonstration who has an account, with two orders and two addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.accounts import buyers
from shop.accounts import services as accounts
from shop.accounts.codes import Proven
from shop.accounts.rules import ContactKind
from shop.demo import selling
from shop.demo.selling import CITY, Wish
from shop.favorites import services as favorites
from shop.kernel.telling import CodePurpose
from shop.orders import services as orders
from shop.orders.rules import Contact

if TYPE_CHECKING:
    from shop.demo.load import Story

PHONE = "13800000008"
NAME = "吴女士"
HOME = Contact(
    phone=PHONE, name=NAME, region=CITY, address="较场口得意路 8 号", place_code="500103"
)
OFFICE = Contact(
    phone=PHONE,
    name=NAME,
    region="重庆市 江北区",
    address="观音桥建新北路 18 号",
    place_code="500105",
)
BOUGHT = (
    Wish(12, (("S-01-37", 1),), HOME, is_shipped=True, is_received=True),
    Wish(1, (("D-02-INDIGO", 1), ("P-01-RED", 2)), OFFICE),
)
LOVED = ("S-03", "D-01")


def tell(story: Story) -> None:
    """Let her open the account after her first order, and buy once more."""
    at = story.ago(11)
    proven = Proven(CodePurpose.SIGN_IN, ContactKind.PHONE, PHONE, None)
    opened = buyers.enter(proven=proven, device="Android · Chrome", is_own_device=False, now=at)
    user_id = opened.user_id
    accounts.rename(user_id=user_id, name=NAME)
    for where in (HOME, OFFICE):
        buyers.keep_address(
            user_id=user_id,
            name=where.name,
            phone=where.phone,
            place_code=where.place_code,
            region=where.region,
            address=where.address,
            now=at,
        )
    favorites.keep(user_id=user_id, product_ids=[story.products[code] for code in LOVED], now=at)
    for number, wish in enumerate(BOUGHT):
        order_id = selling.order(story, wish, key=f"demo-account-{number}", session_id=None)
        orders.claim(order_id=order_id, user_id=user_id, now=at)
