"""Invoices: who asked for one, in which name, and which of them a workshop has written.

Owns the requests and what was written. Does not write the invoice itself: that is done in the tax
office's own system, whose number is noted here.
"""
