"""Modules of scans over series, for JAX and PyTorch: a function with its derived backward rule."""
