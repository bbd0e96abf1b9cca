"""Users, their sign-ins and their grants; turns a user into an Actor. Owns no work and no pay."""
