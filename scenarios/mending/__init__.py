"""How to mend a worker: for each rule the usual mistake, and a bad and a good snippet in Python and Node."""
