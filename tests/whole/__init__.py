"""Whole paths against the whole running product, as people and programs meet it."""
