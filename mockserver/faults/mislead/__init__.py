"""Actions of the faults that give a valid answer which is not true."""
