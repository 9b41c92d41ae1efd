"""Rules about temporary failures: the worker must pause, try again, and lose nothing.

A temporary failure is a 401, a 429, a 5xx, a lost answer or an answer that cannot be read.
"""
