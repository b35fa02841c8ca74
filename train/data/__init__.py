"""The pictures to learn from, read and checked."""
