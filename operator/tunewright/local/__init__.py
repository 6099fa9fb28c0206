"""The local home: attempts as processes, SQLite as the store."""
