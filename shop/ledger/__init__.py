"""Double entry: accounts, entries, postings, balances, reversal. Knows no order and no member."""
