"""Catalogs that come in and go out as files: their formats, their staging, what became of each row.

Owns the uploaded files and the record of pictures made from them. It does not own goods, prices or
photographs: ``workflows.catalog_import`` takes what was read here to the rooms that do.
"""
