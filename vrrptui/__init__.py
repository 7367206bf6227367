"""A terminal console for monitoring and operating VRRP groups on Linux."""

__version__ = "0.1.0"
