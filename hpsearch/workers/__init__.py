"""What runs attempts.

worker.py  one attempt after another in one process
ray/       workers as Ray actors, on one machine or a cluster
local/     in the process that searches
output.py  keeps what an attempt prints
"""
