"""A command as a trainable: any program that reports what it reaches.

channel.py  what a Python script's `hpsearch.report` talks to; peer.py: one process of it
    answers.py  what the script's requests mean for the trial
"""
