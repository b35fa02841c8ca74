"""What was read, on disk: each source exactly once, whatever ended the run."""
