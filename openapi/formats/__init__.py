"""How text is read: YAML with places, strict JSON, times."""
