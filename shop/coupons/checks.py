"""What must hold of coupons: counts are the sums of their uses, and two people made each."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel.checks import Check, Finding
from shop.kernel.db import db

COUNTED = """
SELECT 'coupon:' || c.id AS subject,
       'counts ' || c.used || ' uses for ' || c.used_minor || ', its rows say '
       || count(u.id) || ' for ' || coalesce(sum(u.amount_minor), 0) AS detail
FROM coupons c LEFT JOIN coupon_uses u ON u.coupon_id = c.id AND u.given_back_at IS NULL
GROUP BY c.id, c.used, c.used_minor
HAVING count(u.id) <> c.used OR coalesce(sum(u.amount_minor), 0) <> c.used_minor
"""
LIMITS = """
SELECT 'coupon:' || c.id AS subject, 'one buyer used it ' || count(*) || ' times' AS detail
FROM coupons c JOIN coupon_uses u ON u.coupon_id = c.id AND u.given_back_at IS NULL
WHERE c.most_per_buyer IS NOT NULL
GROUP BY c.id, c.most_per_buyer, u.buyer HAVING count(*) > c.most_per_buyer
UNION ALL
SELECT 'coupon:' || id, 'was used more often or for more than it allows' FROM coupons
WHERE used > most_uses OR used_minor > most_money_minor
"""
TWO_PEOPLE = """
SELECT 'coupon:' || id AS subject, 'counts without a second person' AS detail FROM coupons
WHERE state IN ('open', 'ended') AND (approved_at IS NULL OR approved_by_id = prepared_by_id)
"""


def _check(code: str, promise: str, query: str) -> Check:
    def run() -> Iterator[Finding]:
        for row in db.session.execute(sa.text(query)):
            yield Finding(code, row.subject, row.detail)

    return Check(code, promise, run)


CHECKS: tuple[Check, ...] = (
    _check("P5", "A coupon counts its uses", COUNTED),
    _check("P5", "No coupon is used beyond its limits", LIMITS),
    _check("A3", "Two people made every coupon that counts", TWO_PEOPLE),
)
