"""How fast dfai is, against what else there is: see ``README.md``."""

__all__: list[str] = []
