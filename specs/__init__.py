"""The language: YAML in, a checked and frozen Spec out, every value knowing where it came from."""
