"""What all tests share."""

import signal

# A shell's `&` makes its children ignore SIGINT, `nohup` SIGHUP, and these theirs; what is tested
# is what they do.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
