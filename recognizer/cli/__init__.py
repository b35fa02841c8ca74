"""The command line: flags, signals and the program's loop."""
