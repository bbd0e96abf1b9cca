"""Payments: money from buyers to the co-operative and back, and the inbox of provider events.

Owns what was asked, captured and refunded, and the one door to each payment provider. Does not
own what was sold (orders), what is owed to makers (earnings) or the books (ledger).
"""
