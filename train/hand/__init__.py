"""What training has to do with a user's hand: the sample of ordinary crops, and a hand's crops to learn from."""
