"""Delivery: what the way to a buyer costs by region and weight, and how parcels leave the village.

Owns each workshop's zones and its way by the town. Does not own parcels (``orders``) nor the
places of the country (``kernel.divisions``).
"""
