"""The sandbox: what a run may change. At the end the run puts the old values of its tasks back."""
