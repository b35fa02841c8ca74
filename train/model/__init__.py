"""The network: built, fitted, loaded, saved and exported."""
