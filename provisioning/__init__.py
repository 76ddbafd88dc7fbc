"""What happens in the clouds: plain Python, no Django, no database."""
