"""Stripe's side of the counter, in memory or in our database: for tests and the demonstration.

It answers the same addresses in the same shapes as Stripe (API 2026-10-28.endive) as far as this
house speaks to it, keeps idempotency keys, refuses what Stripe refuses and signs its events. It
knows neither Flask nor Stripe's library. No money moves here, and production refuses to use it.
"""
