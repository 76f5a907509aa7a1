"""All quick benchmarks, one after the other: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import accessor_speed, core_speed

if __name__ == "__main__":
    core_speed.main()
    accessor_speed.main()
