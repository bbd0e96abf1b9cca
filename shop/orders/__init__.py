"""Wish and contract: carts, orders, frozen lines, fulfillments, returns. Owns no money, no stock."""
