"""Microsoft.DataFactory: factories and what is in them, triggers that fire, runs that run."""
