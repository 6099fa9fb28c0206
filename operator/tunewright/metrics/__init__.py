"""Readers of what trials report. They parse; fetching belongs to the homes."""
