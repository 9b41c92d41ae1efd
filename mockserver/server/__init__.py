"""A request's way from socket to world and back."""
