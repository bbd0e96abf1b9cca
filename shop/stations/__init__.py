"""The three tiers, their workshops and the members: who belongs where. Owns no sign-in and no pay."""
