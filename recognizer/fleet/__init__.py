"""Several cameras in one command, each in a process of its own that is started again when it dies."""
