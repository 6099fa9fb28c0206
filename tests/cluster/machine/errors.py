"""What goes wrong with a cluster on this machine."""


class Unavailable(Exception):
    """No cluster can be had here; the message is one line that says why."""
