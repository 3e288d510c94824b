"""The version of symbptt."""

__version__ = "0.1.0"
