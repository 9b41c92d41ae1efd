"""A server of the Worker API written from the API's page alone: nothing is shared with the kit."""
