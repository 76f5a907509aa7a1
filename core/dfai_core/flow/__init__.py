"""Pure rules of when to send: no clock, no dice, no I/O of their own."""
