"""What buyers say and ask: reviews, questions, cards to makers. It never knows what is earned."""
