"""What is allowed and will not work: duplicates, unreachable hosts, scripts, files that do not fit together.

Each module is one subject. Imports findings and model.
"""
