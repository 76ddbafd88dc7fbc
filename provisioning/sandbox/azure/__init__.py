"""The simulated Azure: Resource Manager, Data Factory, Storage and Event Grid."""
