"""Measures the program against others and against itself: figures, never pass or fail."""
