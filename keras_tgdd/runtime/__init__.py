"""The machine under the library: backend, memory, draws and digests."""
