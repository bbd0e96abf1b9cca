"""Work given out and brought back: piece rates, work orders, material slips, hand-ins, inspection."""
