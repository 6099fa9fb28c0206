"""What ends a run early, other than a stop request."""


class BadInputError(ValueError):
    """An argument, a hyperparameter or the data is not as it must be; one line says what would be right."""


class NotFiniteError(ArithmeticError):
    """A loss became NaN or infinite."""
