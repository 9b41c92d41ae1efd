"""Capsules recorded, replayed and made smaller."""
