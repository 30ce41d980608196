"""Simulates whole gradings of right and wrong code, to check the judge's promises. Imports judge and assignment."""
