"""The scenarios that come with the kit. Each is a YAML file in this folder."""
