"""Pages: one package per audience, over the services and queries of the rooms."""
