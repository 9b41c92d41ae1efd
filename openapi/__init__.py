"""The Worker API as data: its OpenAPI spec, its silences, and recorded exchanges.

A silence is a matter that the API's documentation leaves open.
"""
