"""What is shown and sold: products, variants, price sheets, photographs, search. Owns no stock."""
