"""Money of funded projects: what came in, the training it pays women for, what is left."""
