"""What commands share: output, complaints, times, vendors, paths and sockets. Imports nothing else of cli."""
