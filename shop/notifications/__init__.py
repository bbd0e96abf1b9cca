"""Messages to people and the channels they go through. Decides nothing; tells what happened."""
