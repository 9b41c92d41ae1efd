"""Conformance: a server of the Worker API, tried over HTTP against what the page promises."""
