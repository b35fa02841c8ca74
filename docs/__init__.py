"""Documents of the project, and the programs that make their pictures."""
