"""Vision: Image Analysis 4.0 and Computer Vision v3.2, one small file a verb."""
