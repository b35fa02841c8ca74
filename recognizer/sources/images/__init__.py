"""Still pictures: what kind one is, how large, and what it shows."""
