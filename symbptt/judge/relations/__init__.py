"""What is said of a relation besides its two sides: its form, its kind, and its place in a chain."""
