"""Dengliang 灯梁: a craft co-operative's shop, workshop ledger and village room in one package."""
