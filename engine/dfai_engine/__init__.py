"""The embedded engine: open models behind the REST protocol of Azure AI services, as an ASGI application.

It knows that public protocol and nothing of its callers. Importing it imports no model, no server and no
library of either; each is imported when it is first needed.
"""

from dfai_engine._engine import ENGINE, Engine

__all__ = ["ENGINE", "Engine"]
