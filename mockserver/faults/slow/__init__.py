"""Actions of the faults that make answers late or slow."""
