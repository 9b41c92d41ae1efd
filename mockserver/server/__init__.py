"""Serves worlds over HTTP: from the socket to the world and back."""
