"""From text to statements and typed values: includes, conditions, quotes, braces, numbers, addresses.

Enter at `reader`. Imports findings and model.
"""
