"""The HTML report: one page that shows the causes first, and each run exchange by exchange."""
