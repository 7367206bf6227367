"""What is wrong with a configuration, collected and worded. Enter at `report`.

Imports model.
"""
