"""Recordings: every frame of them, by their own clock."""
