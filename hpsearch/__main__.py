"""`python -m hpsearch` is `hpsearch`: what lies in the current folder hides no package."""

import sys
from pathlib import Path

if sys.path[0] == str(Path.cwd()) and Path.cwd() != Path(__file__).parents[1]:
    del sys.path[0]  # `-m` has put it there; a numpy.py in it would be everybody's

from hpsearch.cli.app import main

if __name__ == "__main__":
    main()
