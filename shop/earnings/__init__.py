"""What a member is owed and paid: earnings, pay runs, slips, payouts. Owns no goods and no sale."""
