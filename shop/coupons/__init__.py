"""Coupons: who gives how much off which goods, from when to when, and how often it was used.

Owns coupons and their uses. Does not own what a line then costs (``orders`` freezes it).
"""
