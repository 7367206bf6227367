"""From text to statements and typed values: includes, conditions, quotes, braces, numbers, addresses.

The main module is `reader`. Imports findings and model.
"""
