"""Distilled sets as other packages have them."""
