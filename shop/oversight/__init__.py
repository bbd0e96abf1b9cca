"""Watches the rooms: totals of a subtree and the proof that everything agrees. Changes nothing."""
