"""The two kinds, HyperparameterStudy and Trial, as models: the one truth of their schema."""
