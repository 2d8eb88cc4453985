"""What a study may be called."""

import re

LONGEST_NAME = 100

STUDY_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")
"""A study's name is also a folder's name: no separator, no leading dot, and not too long."""
