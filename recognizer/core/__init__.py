"""What all rooms share: rectangles, frames, digits, shipped files, and how threads and files are handled."""
