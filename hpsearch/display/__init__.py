"""What a person sees of a search while it runs, in a terminal, a pipe or a notebook.

board.py        the state of a search, kept up to date cheaply
live_table.py   redrawn in place, in a terminal
plain_lines.py  for logs and pipes; and nothing at all
notebook.py     a bar in a notebook
streams.py      data, apart from all other output
own_stream.py   what happens if one of them cannot be written
"""
