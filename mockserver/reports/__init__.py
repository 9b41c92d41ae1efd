"""What commands report, in one form, and the writers that put it into files and words."""
