"""Finds secrets (API keys, passwords, e-mail addresses) and replaces them."""
