"""What carries messages out of the house: mail servers and SMS providers, behind one promise."""
