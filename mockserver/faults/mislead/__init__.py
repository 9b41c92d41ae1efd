"""Actions of the faults that make the answer differ from what happened in the world."""
