"""The worlds of one mock: builds them, runs their scenarios, finds them by API key, and saves them."""
