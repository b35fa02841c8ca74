"""Scenes to learn from: what is written, on what, in which light, seen by which camera."""
