"""The other sides, each written as its own documentation does; run as processes by `sides.py`."""
