"""Dataflow: templates are launched, jobs go through their states."""
