"""Storms against a master at 100 ms beside a real keepalived, and what they do to its adverts."""
