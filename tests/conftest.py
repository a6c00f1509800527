"""What every test starts from."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts its background jobs with Ctrl-C ignored, and so would be what they start in turn:
    # tests of interrupts would wait for what never comes.
    signal.signal(signal.SIGINT, signal.default_int_handler)
