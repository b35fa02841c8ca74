"""Makes the model that the recognizer ships: MNIST, seen as a camera sees it."""
