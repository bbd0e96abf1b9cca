"""What is shown and sold: products, variants, price sheets. Owns no stock and no pictures."""
