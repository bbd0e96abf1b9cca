"""Checks that need two rooms at once: orders against payments, stock, seats and the ledger."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.checks import Check, Finding
from shop.kernel.db import db
from shop.kernel.seals import broken_seals

# Each row of such a query is one disagreement: its subject and what disagrees.
PAID_WITHOUT_MONEY = """
SELECT 'order:' || o.id AS subject, 'is ' || o.state || ' but nothing was captured' AS detail
FROM orders o
WHERE o.state IN ('paid', 'completed') AND o.total_minor > 0
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id
                  AND (p.state = 'succeeded' OR p.method = 'pay_on_pick_up'))
"""
MONEY_WITHOUT_ORDER = """
SELECT 'payment:' || p.id AS subject,
       'captured ' || p.captured_minor || ' for an order that is ' || o.state AS detail
FROM payments p JOIN orders o ON o.id = p.order_id
WHERE p.state = 'succeeded' AND o.state IN ('placed', 'cancelled')
  AND p.captured_minor > p.refunded_minor + p.pending_refund_minor + p.disputed_minor
      + COALESCE((SELECT SUM(r.amount_minor) FROM refunds r
                  WHERE r.payment_id = p.id AND r.state = 'failed'
                    AND NOT EXISTS (SELECT 1 FROM refunds a WHERE a.again_of_id = r.id)), 0)
"""
CAPTURED_IS_TOTAL = """
SELECT 'order:' || o.id AS subject,
       'total ' || o.total_minor || ' but captured ' || p.captured_minor AS detail
FROM orders o JOIN payments p ON p.order_id = o.id AND p.state = 'succeeded'
WHERE o.state IN ('paid', 'completed') AND p.captured_minor <> o.total_minor
"""
HOLDS_OF_ORDERS = """
SELECT 'hold:' || h.id AS subject, 'is ' || h.state || ' for an order that is ' || o.state AS detail
FROM orders o JOIN holds h ON h.owner = 'order:' || o.id
WHERE ((o.state IN ('paid', 'completed') AND h.state IN ('held', 'expired'))
    OR (o.state = 'cancelled' AND h.state IN ('held', 'allocated')))
  AND NOT EXISTS (SELECT 1 FROM holds later WHERE later.owner = h.owner
                  AND later.stock_item_id = h.stock_item_id AND later.id > h.id)
"""
SEATS_OF_ORDERS = """
SELECT 'booking:' || b.id AS subject,
       'is ' || b.state || ' for an order that is ' || o.state AS detail
FROM orders o JOIN bookings b ON b.owner = 'order:' || o.id
WHERE (o.state IN ('paid', 'completed') AND b.state IN ('held', 'expired'))
   OR (o.state = 'cancelled' AND b.state IN ('held', 'paid', 'checked_in', 'done'))
"""
SALE_WITHOUT_ENTRY = """
SELECT 'order:' || o.id AS subject, 'is paid but the ledger knows no sale of it' AS detail
FROM orders o
WHERE o.paid_at IS NOT NULL AND o.total_minor > 0
  AND EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.state = 'succeeded')
  AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.kind = 'sale' AND e.source = 'order:' || o.id)
"""
REFUND_WITHOUT_ENTRY = """
SELECT 'refund:' || r.id AS subject,
       'gave ' || r.amount_minor || ' back but the ledger does not know it' AS detail
FROM refunds r
WHERE r.state = 'settled'
  AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.kind = 'refund' AND e.source = 'refund:' || r.id)
"""
DISPUTE_WITHOUT_ENTRY = """
SELECT 'dispute:' || d.id AS subject,
       'is ' || d.state || ' with ' || d.claimed_minor || ' at the bank; the ledger disagrees'
       AS detail
FROM disputes d
WHERE d.claimed_minor > 0
  AND (NOT EXISTS (SELECT 1 FROM entries e
                   WHERE e.kind = 'dispute_opened' AND e.source = 'dispute:' || d.id)
    OR (d.state = 'won') <> EXISTS (SELECT 1 FROM entries e
                                    WHERE e.kind = 'dispute_won' AND e.source = 'dispute:' || d.id)
    OR (d.state = 'lost') <> EXISTS (SELECT 1 FROM refunds r
                                     WHERE r.key = 'dispute:' || d.id AND r.state = 'settled'))
"""
DISPUTE_FEE_OR_ENTRY = """
SELECT 'dispute:' || d.id AS subject,
       'cost ' || d.fee_minor || ' of fees, the ledger says ' || COALESCE(b.taken, 0) AS detail
FROM disputes d
LEFT JOIN (
    SELECT d2.id, -SUM(p.amount_minor) AS taken
    FROM disputes d2
    JOIN entries e ON e.kind = 'dispute_fee' AND e.source LIKE 'dispute-fee:' || d2.id || ':%'
    JOIN postings p ON p.entry_id = e.id
    JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'fee'
    GROUP BY d2.id
) b ON b.id = d.id
WHERE d.fee_minor <> COALESCE(b.taken, 0)
"""
# A refund and its next tries are one act; its returns carry the name of the first try.
RETURNS_AND_REFUNDS = """
WITH RECURSIVE tries (first_id, id, settled_at) AS (
  SELECT r.id, r.id, r.settled_at FROM refunds r WHERE r.again_of_id IS NULL
  UNION ALL
  SELECT t.first_id, r.id, r.settled_at FROM refunds r JOIN tries t ON r.again_of_id = t.id
)
SELECT 'return:' || b.id AS subject,
       'is ' || b.state || ' but its money went back ' || COUNT(t.settled_at) || ' times' AS detail
FROM tries t
JOIN refunds f ON f.id = t.first_id
JOIN payments p ON p.id = f.payment_id
JOIN returns b ON b.order_id = p.order_id
  AND b.key = 'refund:' || f.id || ':' || b.order_line_id
GROUP BY b.id, b.state
HAVING (b.state = 'refunded' AND COUNT(t.settled_at) = 0)
    OR (b.state <> 'refunded' AND COUNT(t.settled_at) > 0)
"""
SESSION_WITHOUT_ENTRY = """
SELECT 'session:' || s.id AS subject,
       'was held but its prepayments never became income' AS detail
FROM experience_sessions s
WHERE s.state = 'settled'
  AND EXISTS (SELECT 1 FROM bookings b WHERE b.session_id = s.id AND b.price_minor > 0
              AND b.state IN ('done', 'no_show'))
  AND NOT EXISTS (SELECT 1 FROM entries e
                  WHERE e.kind = 'session_held' AND e.source = 'session:' || s.id)
"""
INSPECTION_WITHOUT_WAGE = """
SELECT 'hand_in:' || i.hand_in_id AS subject, 'passed ' || i.passed || ' but owes no wage' AS detail
FROM inspections i
JOIN hand_ins h ON h.id = i.hand_in_id
JOIN work_orders w ON w.id = h.work_order_id
WHERE w.pay_lane = 'piece_wage' AND i.passed + i.second_grade > 0 AND w.rate_minor > 0
  AND NOT EXISTS (SELECT 1 FROM earnings e WHERE e.key = 'hand_in:' || i.hand_in_id)
"""
APPEAL_WITHOUT_WAGE = """
SELECT 'hand_in:' || a.hand_in_id AS subject,
       'was raised at a second look but owes no difference' AS detail
FROM appeals a
JOIN hand_ins h ON h.id = a.hand_in_id
JOIN work_orders w ON w.id = h.work_order_id
WHERE a.state = 'upheld' AND w.pay_lane = 'piece_wage' AND w.rate_minor > 1
  AND NOT EXISTS (SELECT 1 FROM earnings e WHERE e.key = 'appeal:' || a.id)
"""
RAISED_WITHOUT_STOCK = """
SELECT 'hand_in:' || a.hand_in_id AS subject,
       'raised ' || (a.rejected_to_passed + a.rejected_to_second) || ' rejected, stock received '
       || COALESCE(SUM(m.quantity), 0) AS detail
FROM appeals a LEFT JOIN movements m
  ON m.source = 'appeal:' || a.id AND m.reason = 'received'
GROUP BY a.id, a.hand_in_id, a.rejected_to_passed, a.rejected_to_second
HAVING COALESCE(SUM(m.quantity), 0) <> a.rejected_to_passed + a.rejected_to_second
"""
ACCEPTED_WITHOUT_STOCK = """
SELECT 'hand_in:' || i.hand_in_id AS subject,
       'accepted ' || (i.passed + i.second_grade) || ' but stock received '
       || COALESCE(SUM(m.quantity), 0) AS detail
FROM inspections i LEFT JOIN movements m
  ON m.source = 'hand_in:' || i.hand_in_id AND m.reason = 'received'
GROUP BY i.id, i.hand_in_id, i.passed, i.second_grade
HAVING COALESCE(SUM(m.quantity), 0) <> i.passed + i.second_grade
"""

FORGOTTEN_STAYS_FORGOTTEN = """
SELECT e.subject, 'its buyer was forgotten, but a contact is left in ' || left_in.place AS detail
FROM events e JOIN (
    SELECT 'order:' || c.order_id AS subject, 'the order' AS place FROM order_contacts c
    UNION SELECT 'order:' || b.order_id, 'an account' FROM order_buyers b
    UNION SELECT m.subject, 'a message' FROM messages m JOIN sendings s ON s.message_id = m.id
          JOIN sending_addresses a ON a.sending_id = s.id
    UNION SELECT 'order:' || r.order_id, 'a review' FROM reviews r WHERE r.shown_name <> ''
) left_in ON left_in.subject = e.subject
WHERE e.kind = 'BuyerForgotten'
"""
NOT_TOLD = """
SELECT e.subject AS subject, e.kind || ' was never told to the buyer' AS detail
FROM events e JOIN order_contacts c ON 'order:' || c.order_id = e.subject
WHERE e.kind IN ('OrderPaid', 'OrderExpired')
  AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.key =
                  CASE e.kind WHEN 'OrderPaid' THEN 'paid:' ELSE 'expired:' END || c.order_id)
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id
                  AND d.reaction LIKE 'shop.notifications.services.%'
                  AND d.state IN ('waiting', 'claimed'))
"""
NEVER_HANDED_OVER = """
SELECT 'delivery:' || d.id AS subject,
       e.kind || ' of ' || e.subject || ' reached no message: ' || COALESCE(d.error, '') AS detail
FROM deliveries d JOIN events e ON e.id = d.event_id
WHERE d.state = 'dead' AND d.reaction LIKE 'shop.notifications.services.%'
"""
GOES_NO_WAY = """
SELECT 'message:' || m.id AS subject, 'stands in the log but goes no way' AS detail
FROM messages m
WHERE NOT EXISTS (SELECT 1 FROM sendings s WHERE s.message_id = m.id)
UNION ALL
SELECT 'sending:' || s.id, 'is ' || s.state || ' without an address to go to'
FROM sendings s
WHERE s.channel <> 'person' AND s.state IN ('waiting', 'claimed', 'in_reserve')
  AND NOT EXISTS (SELECT 1 FROM sending_addresses a WHERE a.sending_id = s.id)
"""
CODES_LEFT_BEHIND = """
SELECT 'message:' || m.id AS subject, 'its code has left but its words are kept' AS detail
FROM messages m
WHERE m.kind = 'code' AND m.short <> ''
  AND NOT EXISTS (SELECT 1 FROM sendings s WHERE s.message_id = m.id
                  AND s.state IN ('waiting', 'claimed'))
"""


REPLACED_WITHOUT_ENTRY = """
SELECT 'claim:' || c.id AS subject, 'was sent anew, but no pieces left the shelf' AS detail
FROM claims c WHERE c.state = 'replaced'
  AND NOT EXISTS (SELECT 1 FROM movements m WHERE m.source = 'claim:' || c.id)
UNION ALL
SELECT 'entry:' || e.id, 'is a replacement of nothing'
FROM entries e WHERE e.kind = 'replacement'
  AND NOT EXISTS (SELECT 1 FROM claims c WHERE e.source = 'claim:' || c.id AND c.state = 'replaced')
"""
CLAIMS_AND_REFUNDS = """
SELECT 'claim:' || c.id AS subject, 'is ' || c.state || ', its refund is of another order' AS detail
FROM claims c JOIN refunds r ON r.id = c.refund_id JOIN payments p ON p.id = r.payment_id
WHERE p.order_id <> c.order_id OR c.state <> 'refunded'
"""


def _rows(code: str, query: str) -> Iterator[Finding]:
    for row in db.session.execute(sa.text(query)):
        yield Finding(code, row.subject, row.detail)


def _check(code: str, promise: str, query: str) -> Check:
    return Check(code, promise, lambda: _rows(code, query))


CHECKS: tuple[Check, ...] = (
    _check("P2", "a paid order has its payment", PAID_WITHOUT_MONEY),
    _check("P2", "captured money belongs to an order or is on its way back", MONEY_WITHOUT_ORDER),
    _check("P5", "what was captured is the total of its order", CAPTURED_IS_TOTAL),
    _check("S3", "holds agree with their orders", HOLDS_OF_ORDERS),
    _check("S2", "bookings agree with their orders", SEATS_OF_ORDERS),
    _check("L3", "every paid order stands in the ledger once", SALE_WITHOUT_ENTRY),
    _check("L3", "every refund stands in the ledger once", REFUND_WITHOUT_ENTRY),
    _check("L3", "every dispute stands in the ledger as it was decided", DISPUTE_WITHOUT_ENTRY),
    _check("L3", "fees of disputes stand in the ledger", DISPUTE_FEE_OR_ENTRY),
    _check("L3", "every replacement has its pieces and its entry", REPLACED_WITHOUT_ENTRY),
    _check("P4", "claims agree with their refunds", CLAIMS_AND_REFUNDS),
    _check("P4", "returns are refunded when their money went back", RETURNS_AND_REFUNDS),
    _check("L3", "every held session stands in the ledger once", SESSION_WITHOUT_ENTRY),
    _check("L3", "every accepted hand-in owes its wage", INSPECTION_WITHOUT_WAGE),
    _check("L3", "every objection that was right owes its difference", APPEAL_WITHOUT_WAGE),
    _check("S1", "every accepted piece is in stock", ACCEPTED_WITHOUT_STOCK),
    _check("S1", "every piece accepted at a second look is in stock", RAISED_WITHOUT_STOCK),
    _check("N1", "what buyers are told of has its message or waits for it", NOT_TOLD),
    _check("N1", "no message was lost before it was written", NEVER_HANDED_OVER),
    _check("N2", "every message goes some way to its person", GOES_NO_WAY),
    _check("N3", "nothing keeps the words of a code that has left", CODES_LEFT_BEHIND),
    _check("R2", "what was forgotten of a buyer stays forgotten", FORGOTTEN_STAYS_FORGOTTEN),
    Check(
        "R3",
        "every sealed day of what happened is as it was sealed",
        lambda: broken_seals(events.SEALED, "R3"),
    ),
)
