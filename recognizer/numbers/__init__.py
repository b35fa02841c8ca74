"""From digits to numbers: lines and their tilt, the marks between digits, and what belongs together."""
