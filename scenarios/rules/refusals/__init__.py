"""What follows a refusal that stays."""
