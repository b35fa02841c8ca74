"""The user's hand: crops whose true labels the user told, kept in a file, and what is learnt from them."""
