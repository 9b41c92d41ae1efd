"""Faults that refuse a request, or do not answer it. The request changes nothing."""
