"""The user's side: what a trainable is given, how it is found, what it takes.

loading.py     finds and imports it
signature.py   compares what it takes with what the experiment gives
live_check.py  the same, in a process of its own
code/          where code lies
"""
