"""How secrets are found and replaced."""
