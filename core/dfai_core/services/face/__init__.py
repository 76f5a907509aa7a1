"""Face: where faces are in pictures, and whose they are, one small file a verb."""
