"""Tunewright tunes the hyperparameters of neural networks, on a laptop and on Kubernetes."""
