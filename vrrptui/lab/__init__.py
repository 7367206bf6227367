"""A network of two routers with web servers and a client, in namespaces, to try vrrptui without a real network."""
