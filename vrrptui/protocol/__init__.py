"""The VRRP protocol core: adverts, timers and the state machine, without clock, sockets or randomness."""
