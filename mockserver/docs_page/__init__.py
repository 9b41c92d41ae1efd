"""The API's documentation: the spec as YAML and JSON, and a page in the browser that can send requests."""
