"""Checks for what is valid but will not work: duplicates, scripts, notifications, mismatched configurations.

Each module has one subject. Imports findings and model.
"""
