"""What is shown and sold: products, variants, price sheets, photographs. Owns no stock."""
