"""The simulated resource types, one small file for each kind of thing.

A new type is a file here and a line in `registry.py`. The file describes the properties, once
for all that is done with them, and the calls that make, show, change and end the thing.
`tests/sandbox/provider/test_published_properties.py` holds it against the SDK's class.
"""
