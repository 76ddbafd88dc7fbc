"""What people see and what the database remembers: Django."""
