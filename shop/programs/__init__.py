"""Outside programs: who they are, what their tokens may do, and what they were answered.

Owns programs, tokens, which program placed an order, and answers kept by key. Does not own what
programs do: that is the rooms' own, through the same services that pages use.
"""
