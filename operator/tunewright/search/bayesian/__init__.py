"""Bayesian optimisation over mixed and conditional spaces, on NumPy and SciPy alone: what `auto` is made of."""
