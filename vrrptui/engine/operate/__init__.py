"""What an operator commands: found, judged, carried out, and ended after its time. Enter at `commands`.

Imports vrrp and serve.
"""
