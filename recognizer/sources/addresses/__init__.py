"""What is no file: an address, which may hold a picture, a recording or a stream, and a pipe."""
