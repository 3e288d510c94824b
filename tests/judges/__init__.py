"""Judges that stand outside the engine, and the numbers that they are asked about."""
