"""What all tests share."""

import signal

# A shell's `&` makes its children ignore SIGINT, and these theirs; tests of Ctrl-C need it.
signal.signal(signal.SIGINT, signal.default_int_handler)
