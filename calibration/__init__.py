"""Simulates whole gradings, right and wrong, to check what the judge promises. Knows judge and assignment."""
