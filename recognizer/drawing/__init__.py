"""What is drawn over a picture: labels and numbers, and the debug view."""
