"""The Anomaly Detector's services: what is unusual in series of numbers."""
