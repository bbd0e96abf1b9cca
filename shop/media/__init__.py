"""Pictures and short videos of everything the house shows: how they come in, become copies, go.

The rooms that show something (goods, workshops, reviews …) say who may change its pictures and ask
this room; it knows subjects by kind and number only. What was uploaded never leaves the house: only
copies that the darkroom made from decoded pixels do.
"""
