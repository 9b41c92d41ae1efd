"""The parts of a scenario, as the loader reads them from its file."""
