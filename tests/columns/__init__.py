"""Columns that misbehave, each in one way, for the tests of what runs them."""
