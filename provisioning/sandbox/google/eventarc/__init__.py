"""Eventarc: events are matched by triggers and delivered, again and again if need be."""
