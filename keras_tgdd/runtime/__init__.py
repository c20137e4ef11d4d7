"""Services of the machine: backend, memory, draws and digests."""
