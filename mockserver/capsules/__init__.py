"""Capsules: files with recorded exchanges. This folder records, replays and shortens them."""
