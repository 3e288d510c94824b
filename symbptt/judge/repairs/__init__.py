"""The slightest edit that makes a relation hold."""
