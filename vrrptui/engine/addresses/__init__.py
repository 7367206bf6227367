"""What a virtual router installs on the host as master: addresses, devices, routes and rules.

Enter at `presence`. Imports host and state.
"""
