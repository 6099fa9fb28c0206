"""What a program calls to be tuned: the standard library, and prometheus_client where a port is asked for."""
