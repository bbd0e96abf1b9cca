"""Goods at a place: items, movements, holds. Knows neither who made them nor who bought them."""
