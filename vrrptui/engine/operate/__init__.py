"""Commands of operators: validated, carried out, and ended after their time. Enter at `commands`.

Imports vrrp and serve.
"""
