"""The page at ``/`` of a server: every service to try in a browser, by the requests that any client sends.

Its files, in ``files``, are served as they are: no step makes them, nothing in them asks another host.
"""

from dfai_engine.page.serving import Page

__all__ = ["Page"]
