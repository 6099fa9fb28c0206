"""Bayesian optimisation over mixed and conditional spaces, on NumPy and SciPy: what `auto` is made of."""
