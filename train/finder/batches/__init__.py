"""What the network is shown at each step, and what it is to answer."""
