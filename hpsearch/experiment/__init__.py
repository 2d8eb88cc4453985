"""What to search, with what budget, on what: a YAML file, or the same made in Python.

schema.py      every key, its default and its meaning
section.py     what every section is
space.py       the parameters that are searched
conditions.py  which conditions can hold
overrides.py   `--set`
made.py        an experiment made in Python
yaml_file.py   the file, strict, with the line of every key
"""
