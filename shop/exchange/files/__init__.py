"""Files of goods: their formats, how they are opened, taken apart, staged and written."""
