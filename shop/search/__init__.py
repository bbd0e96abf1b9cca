"""What can be found and how people ask for it: the index, words of one meaning. Owns no goods."""
