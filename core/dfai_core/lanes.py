"""Where documents wait for a request: one lane for each combination of options that a request can have but once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dfai_core.call import Call
from dfai_core.jobs import Job, Lane, Whole
from dfai_core.packing import Packer
from dfai_core.service import Document, Part, Values
from dfai_core.splitting import split
from dfai_core.targets import joined

__all__ = ["Lanes"]


class Lanes:
    """The lanes of one call. Most verbs have one for all their documents.

    Parameters
    ----------
    call
        What is asked.
    merge
        Makes a long text's values, errors included, out of its pieces'.
    """

    __slots__ = ("_base", "_call", "_lanes", "_limits", "_merge", "_options")

    def __init__(self, call: Call, merge: Callable[[Lane, Sequence[Part]], Values]) -> None:
        target = call.config.target.resolve(call.service)
        options = [call.service.option(name) for name, _ in call.varying]
        self._call = call
        self._merge = merge
        self._base = target.url(call.service)
        self._limits = call.service.limits_at(target.kind)
        self._options = [
            (place, option) for place, option in enumerate(options, len(call.inputs)) if option.scope == "request"
        ]
        self._lanes: dict[Document, Lane] = {}

    def add(self, documents: Sequence[Document], longest: int) -> bool:
        """Puts *documents* into the lane of all; False if each must be looked at by itself (see `add_one`).

        *longest* is the length of the longest text among them, in code points.
        """
        if self._options or (self._limits.max_chars is not None and longest > self._limits.max_chars):
            return False
        self._lane(()).packer.extend(documents)
        return True

    def add_one(self, document: Document) -> None:
        """Puts *document* into its lane, in pieces if it is too long.

        Raises
        ------
        ConfigError
            Where a column gave an option a value that the service does not know.
        """
        lane = self._lane(tuple(document[place] for place, _ in self._options))
        text, limit = document[0], self._limits.max_chars
        if limit is None or not isinstance(text, str) or len(text) <= limit:
            lane.packer.extend([document])
            return
        whole = Whole(document, split(text, limit), lambda parts: self._merge(lane, parts))
        lane.packer.extend([piece for _, piece in whole.pieces if piece is not None])
        lane.pieces = True

    def next_full(self) -> Job | None:
        """A request that no further document would make fuller."""
        for lane in self._lanes.values():
            if lane.packer.full():
                return Job(lane, lane.packer.take())
        return None

    def next_partial(self) -> Job | None:
        """A request of what there is."""
        for lane in self._lanes.values():
            if len(lane.packer):
                return Job(lane, lane.packer.take())
        return None

    def __len__(self) -> int:
        return sum(len(lane.packer) for lane in self._lanes.values())

    def clear(self) -> list[Document]:
        """Takes everything out."""
        return [document for lane in self._lanes.values() for document in lane.packer.clear()]

    def keep(self, wanted: Callable[[Document], bool]) -> list[Document]:
        """Takes out what is not *wanted*."""
        dropped = []
        for lane in self._lanes.values():
            queued = lane.packer.clear()
            lane.packer.extend([document for document in queued if wanted(document)])
            dropped += [document for document in queued if not wanted(document)]
        return dropped

    def _lane(self, chosen: Document) -> Lane:
        lane = self._lanes.get(chosen)
        if lane is None:
            wiring = self._call.wiring()
            varied = {option.name for _, option in self._options}
            options = {
                option.name: option.default if value is None else option.check(option.name, value)
                for value, (_, option) in zip(chosen, self._options, strict=True)
            }
            wiring = replace(
                wiring,
                options={**wiring.options, **options},
                varying=tuple(name for name in wiring.varying if name not in varied),
            )
            exchange = self._call.service.wire(wiring)
            if self._options:
                dropped = {place for place, _ in self._options}
                write = exchange.write

                def without_options(documents: Sequence[Document]) -> bytes:
                    return write([tuple(v for place, v in enumerate(d) if place not in dropped) for d in documents])

                exchange = replace(exchange, write=without_options)
            lane = self._lanes[chosen] = Lane(exchange, joined(self._base, exchange.path), Packer(self._limits))
        return lane
