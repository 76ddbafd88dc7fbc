"""Azure Resource Manager: what every resource provider has in common."""
