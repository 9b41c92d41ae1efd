"""The plugin and the object a test holds."""
