"""From a piece of ink to the probabilities of its labels: the 28×28 crop, the network, the model's files."""
