"""The messages that reports and made pages show, and the catalogues with their translations."""
