"""Speech: what is said in sounds, and sounds that say it."""
