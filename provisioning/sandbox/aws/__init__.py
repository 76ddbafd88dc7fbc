"""A simulated AWS on loopback: moto for what it stores well, our own services for what it
does not do (see `gate`)."""
