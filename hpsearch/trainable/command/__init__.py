"""A command as a trainable: any program that reports what it reaches.

channel.py  what a Python script's `hpsearch.report` talks to
"""
