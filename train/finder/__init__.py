"""Makes the network that finds digits: scenes, fitting, export, measuring."""
