"""Where copies are made: heads read without decoding, pixels decoded in a small poor process."""
