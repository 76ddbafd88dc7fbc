"""How callers enter: keys of service accounts, pools that trust other issuers, and the tokens
that both are exchanged for."""
