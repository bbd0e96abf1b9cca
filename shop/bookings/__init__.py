"""What is offered to visitors and who comes: experiences, dated sessions, seats, check-in."""
