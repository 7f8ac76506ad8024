"""Figures: each is a ratio of two times, or sizes, measured in one run."""
