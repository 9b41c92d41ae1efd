"""Texts for people in several languages. English is the language of the code and the fallback."""
