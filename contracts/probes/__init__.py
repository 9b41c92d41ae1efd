"""Few requests for each silence."""
