"""`make run`: every part of Skyclock in one terminal, under one roof.

Redis (unless one is given), the sandbox, web, worker, beat and the preparation of the
engine. Nothing here touches the database; parts are ordinary processes of their own.
"""
