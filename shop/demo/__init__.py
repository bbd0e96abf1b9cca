"""The demonstration co-operative: a small true story, told through the services of the house."""
