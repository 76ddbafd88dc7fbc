"""Microsoft.Storage: accounts and containers, and the blobs in them."""
