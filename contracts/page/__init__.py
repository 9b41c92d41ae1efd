"""The API page as data: its sentences, the rules for servers, and a lenient spec.

The lenient spec allows every behaviour that the API page leaves open.
"""
