"""A server of the Worker API, written from the API page only. It shares no code with the kit."""
