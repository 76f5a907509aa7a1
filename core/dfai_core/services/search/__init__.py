"""Search: full-text indexes, and images."""
