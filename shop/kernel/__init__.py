"""Shared by every room and knowing none of them: database, money, clock, ids, access, events."""
