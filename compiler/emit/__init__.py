"""Graph in, files out."""
