"""The verbs. Each opens its transaction, writes its audit entry and returns the row.

Services never enqueue (`dashboard.launch` does) and know neither requests nor forms.
"""
