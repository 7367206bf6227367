"""The findings about a configuration and their wording. The main module is `report`.

Imports model.
"""
