"""Measurements beside a peer, in one run and on one wire. `make bench` runs them; no test asserts a time."""
