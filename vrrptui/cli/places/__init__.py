"""Where sockets and state directories are. Imports printing."""
