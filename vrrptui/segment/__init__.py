"""The passive view of a segment: its groups, their masters and problems. Pure; imports only `protocol`."""
