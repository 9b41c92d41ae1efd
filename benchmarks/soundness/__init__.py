"""What the judges find and must not find."""
