"""A network of two routers, their web servers and a client, in namespaces: to try everything on without a real one."""
