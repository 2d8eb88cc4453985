"""Writes what attempts print into their logs: a process that `output/writer.py` starts.

    program.py   the process: does what the worker says over a socket
    log.py       the log of one attempt: from the pipe to whole lines
    log_file.py  the file of a log: its middle is cut out if it grows too large

Why a process: what a worker printed before it was killed is still in the pipe, and a process that
lives can write it; a thread would die with the worker, and before that wait for Python's lock,
which C code may hold while it prints. If the disk is full, this process notices, not the
trainable's `print`.

Each line has the seconds since the attempt began, and nothing in it moves a terminal's cursor.
Imports nothing else of hpsearch and only the standard library: it starts in 20 ms.
"""
