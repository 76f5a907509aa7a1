"""Where documents wait for a request: one lane for each combination of options that a request can have but once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

from dfai_core.call import Call
from dfai_core.errors import ConfigError
from dfai_core.groups import Group, Pieces, Places
from dfai_core.jobs import Job, Lane
from dfai_core.operations import same_host
from dfai_core.packing import Packer
from dfai_core.service import Document, Exchange, Option, Wiring
from dfai_core.splitting import split
from dfai_core.store import Pending
from dfai_core.targets import joined

__all__ = ["Lanes"]


class Lanes:
    """The lanes of one call. Most verbs have one for all their documents.

    Parameters
    ----------
    call
        What is asked.
    join
        Ends a long text in a lane, once all its pieces have ended.
    refuse
        Ends one document that cannot be asked, and is told why.
    """

    __slots__ = ("_base", "_call", "_join", "_lanes", "_limits", "_options", "_refuse", "_width")

    def __init__(
        self,
        call: Call,
        join: Callable[[Lane, Pieces], None],
        refuse: Callable[[Group, int, ConfigError], None],
    ) -> None:
        target = call.config.target.resolve(call.service)
        options = [call.service.option(name) for name, _ in call.varying]
        self._call = call
        self._join = join
        self._refuse = refuse
        self._base = target.url(call.service)
        self._limits = call.service.limits_at(target.kind)
        self._width = len(call.schema)
        self._options = [
            (place, option) for place, option in enumerate(options, call.first_option) if option.scope == "request"
        ]
        self._lanes: dict[Document, Lane] = {}

    def add(self, group: Group, places: Places, longest: int) -> None:
        """Lets documents of *group* wait; *longest* is the length of the longest text among them, in code points."""
        limit = self._limits.max_chars
        if not self._options:
            lane = self._lane(())
            if limit is None or longest <= limit or lane.exchange.whole:
                lane.packer.extend(group, self._checked(lane, group, places))
                return
        chosen: dict[Document, list[int]] = {}
        for place, document in zip(places, group.documents(places), strict=True):
            options = tuple(document[at] for at, _ in self._options)
            text = document[0]
            if limit is None or not isinstance(text, str) or len(text) <= limit:
                chosen.setdefault(options, []).append(place)
                continue
            found = self._tried(options, group, [place])
            if found is None:
                continue
            if found.exchange.whole:
                chosen.setdefault(options, []).append(place)
            elif self._checked(found, group, [place]):
                pieces = Pieces(group, place, split(text, limit), self._width, partial(self._join, found))
                found.packer.extend(pieces, range(pieces.size))
        for options, alike in chosen.items():
            found = self._tried(options, group, alike)
            if found is not None:
                found.packer.extend(group, self._checked(found, group, alike))

    def _checked(self, lane: Lane, group: Group, places: Places) -> Places:
        """Those of *places* that may be sent; the others are refused."""
        check = lane.exchange.check
        if check is None:
            return places
        refused: dict[int, ConfigError] = {}
        for place, document in zip(places, group.documents(places), strict=True):
            try:
                check(document)
            except ConfigError as error:
                refused[place] = error
        for place, why in refused.items():
            self._refuse(group, place, why)
        return [place for place in places if place not in refused] if refused else places

    def resumed(self, group: Group, pending: Sequence[tuple[int, Pending]]) -> tuple[list[Job], list[int]]:
        """Jobs that ask about operations which an earlier run began, and the places of documents to be asked anew."""
        begun: dict[tuple[Document, str, int], list[tuple[int, int]]] = {}
        anew = []
        places = [place for place, _ in pending]
        for (place, found), document in zip(pending, group.documents(places), strict=True):
            # A whole request says only later whose operation it can be.
            if self._call.service.web or same_host(
                found.url, self._base
            ):  # else the store was tampered with, and the key would go astray
                options = tuple(document[at] for at, _ in self._options)
                begun.setdefault((options, found.url, found.asked), []).append((place, found.position))
            else:
                anew.append(place)
        jobs = []
        for (options, url, count), pairs in begun.items():
            mine, theirs = zip(*pairs, strict=True)
            lane = self._tried(options, group, mine)
            if lane is not None:
                jobs.append(Job(lane, [(group, mine)], operation=url, places=theirs, asked=count, claimed=True))
        return jobs, anew

    def next_full(self) -> Job | None:
        """A request that no further document would make fuller."""
        for lane in self._lanes.values():
            if lane.packer.full():
                return Job(lane, lane.packer.take())
        return None

    def next_partial(self) -> Job | None:
        """A request of what there is."""
        for lane in self._lanes.values():
            if lane.packer:
                return Job(lane, lane.packer.take())
        return None

    def __len__(self) -> int:
        return sum(len(lane.packer) for lane in self._lanes.values())

    def clear(self) -> list[tuple[Group, Places]]:
        """Takes everything out."""
        return [part for lane in self._lanes.values() for part in lane.packer.clear()]

    def keep(self, wanted: Callable[[Group, Places], Places]) -> list[tuple[Group, Places]]:
        """Takes out what is not *wanted*, and says what that was."""
        return [part for lane in self._lanes.values() for part in lane.packer.keep(wanted)]

    def _tried(self, options: Document, group: Group, places: Places) -> Lane | None:
        """The lane for *options*; None, and the documents are refused, where a column gave one that does not exist."""
        try:
            return self._lane(options)
        except ConfigError as error:
            for place in places:
                self._refuse(group, place, error)
            return None

    def _at(self, host: str) -> str:
        """What stands before a path at another of the target's hosts."""
        service = self._call.service
        return self._call.config.target.resolve(service).url(replace(service, host=host))

    def _lane(self, chosen: Document) -> Lane:
        lane = self._lanes.get(chosen)
        if lane is None:
            exchange = self._call.service.wire(_fixed(self._call.wiring(), self._options, chosen))
            if self._options:
                dropped = {place for place, _ in self._options}
                exchange = _without(exchange, dropped)
            lane = self._lanes[chosen] = Lane(
                exchange, joined(self._base, exchange.path), Packer(self._limits), self._base, self._at
            )
        return lane


def _without(exchange: Exchange, dropped: Collection[int]) -> Exchange:
    """*exchange* for documents that carry values besides, at the places *dropped*."""

    def kept(document: Document) -> Document:
        return tuple(value for place, value in enumerate(document) if place not in dropped)

    write, check, steps, web = exchange.write, exchange.check, exchange.steps, exchange.web
    changed = replace(exchange, write=lambda documents: write(map(kept, documents)))
    if check is not None:
        changed = replace(changed, check=lambda document: check(kept(document)))
    if steps is not None:
        changed = replace(changed, steps=lambda documents, answers: steps([*map(kept, documents)], answers))
    if web is not None:
        request = web.request
        changed = replace(changed, web=replace(web, request=lambda documents: request([*map(kept, documents)])))
    return changed


def _fixed(wiring: Wiring, options: Sequence[tuple[int, Option]], chosen: Document) -> Wiring:
    """*wiring* with the values *chosen* for options that otherwise vary.

    Raises
    ------
    ConfigError
        For a value that the service does not know.
    """
    varied = {option.name for _, option in options}
    values = {
        option.name: option.default if value is None else option.check(option.name, value)
        for value, (_, option) in zip(chosen, options, strict=True)
    }
    return replace(
        wiring,
        options={**wiring.options, **values},
        varying=tuple(name for name in wiring.varying if name not in varied),
    )
