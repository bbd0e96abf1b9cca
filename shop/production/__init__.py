"""Work given out and brought back: rates, work orders, material slips, hand-ins, inspections."""
