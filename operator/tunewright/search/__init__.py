"""The search space, and the samplers that propose configurations in it."""
