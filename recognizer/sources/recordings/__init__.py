"""What is done with the frames of a recording before they are pictures."""
