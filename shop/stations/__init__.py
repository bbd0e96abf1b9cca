"""The tree of stations, workshops and members: who belongs where. Owns no sign-in and no pay."""
