"""A fleet of simulated workers behind nginx, and checks of the files in examples/fleet."""
