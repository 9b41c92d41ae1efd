"""Files for the findings of a run: scenarios and capsules."""
