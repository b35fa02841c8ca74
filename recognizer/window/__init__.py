"""The window on the screen, its keys, and what they record."""
