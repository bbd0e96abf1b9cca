"""Where two rooms change together: selling, making, hosting, paying, importing."""
