"""The copy of the experiment's folder that the machines of a cluster get.

    ignore_files.py  what .gitignore and .rayignore say
    upload.py        what is sent and what is not; every limit
    archive.py       the copy as one file
    checks.py        what is refused before anything is sent
    copies.py        what a worker knows of its copy

Ray could pack the folder itself. It is done here so that `validate` knows what `run` sends, to the
byte, without Ray; so that a link in a circle or a file that nobody may read does no harm; and so
that what is missing on a worker can be told from a mistake in the code. Imports no ray.
"""
