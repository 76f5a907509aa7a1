"""Azure AI Language: ``/language/:analyze-text`` and its jobs."""
