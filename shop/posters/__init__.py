"""Posters: a picture of one product to pass on, drawn by a small process of its own."""
