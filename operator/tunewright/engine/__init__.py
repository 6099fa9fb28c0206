"""The engine: what is known of a study, and what to do next. Pure: no I/O, no clock."""
