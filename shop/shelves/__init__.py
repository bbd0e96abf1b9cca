"""Curated shelves: goods that a person chose and ordered, for a while. Not the goods themselves."""
