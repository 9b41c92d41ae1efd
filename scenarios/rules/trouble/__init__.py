"""What follows trouble that passes."""
