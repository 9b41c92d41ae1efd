"""Tests the servers of tests/servers with conform: correct ones, their legal variants, and planted faults."""
