"""The search loop and its rules; it knows everything else as protocols alone.

search.py             the loop; read it first
ports.py              the parts of a search, as protocols
attempt.py            one attempt under way, and what comes of it
stops.py              when a trial stops, and what it becomes then
retries.py            the queue of trials to begin again
lookahead.py          when the next proposal is made
checkpoint_policy.py  which checkpoints are kept
budget.py             when a search is over
failures.py           how many failures are too many
curve.py              each metric once at a step
"""
