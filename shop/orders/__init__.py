"""Wish and contract: carts, orders, frozen lines, parcels, returns. Owns no money, no stock."""
