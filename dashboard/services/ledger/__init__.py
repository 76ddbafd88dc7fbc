"""Promise against observation: every start that a schedule promised, matched to a run.

promises    when a deployed schedule was to fire, as deployments, pauses and edits made it
stoppages   when the cloud's trigger was found stopped, gone or changed by others
matching    which run answers which due time: pure
deciding    what is said of a due time, and when that may be said: pure
causes      why one was missed
writing     due times as rows
answering   runs as their answers
keeping     all of it, in order, after each pull of the history
"""
