"""What goes wrong with a cluster on this machine."""


class Unavailable(Exception):  # noqa: N818 -- a reason to skip, as pytest says it
    """No cluster can be had here; the message is one line that says why."""
