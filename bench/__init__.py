"""The numbers that the documentation quotes: `make bench`."""
