"""Speaker recognition: voices enrolled as profiles, verified and identified, as the 2021-09-05 protocol has it."""
