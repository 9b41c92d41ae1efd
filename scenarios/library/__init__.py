"""The scenarios that come with the kit."""
