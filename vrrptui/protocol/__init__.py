"""What VRRP is: adverts, timers, the virtual router. Pure: no clock, no socket, no randomness, nothing else of ours."""
