"""What the first word of a call, or --config, asks for instead of reading one source."""
