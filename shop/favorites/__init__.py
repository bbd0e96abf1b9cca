"""Favorites: what somebody wants to find again, and how often a product is loved."""
