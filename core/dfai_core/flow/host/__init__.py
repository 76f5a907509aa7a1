"""What the processes of one host share through files: slots, a pace, and what was learned of a target's rate.

`files.py` holds the folder and the locks, the others one shared thing each.
"""
