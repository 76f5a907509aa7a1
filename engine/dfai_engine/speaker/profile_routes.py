"""The routes of one kind of profiles: made, listed, enrolled, verified, searched, reset, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.speaker import limits, phrases, wire
from dfai_engine.speaker.kinds import Kind
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request

    from dfai_engine.speaker.profiles import Profile, Profiles

__all__ = ["NOBODY", "Voices"]

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id where no candidate speaks. Source: Identification.json of 2021-09-05, IdentifyInfo."""


class Voices:
    """One kind of profiles, and what is asked about them."""

    def __init__(self, threads: Threads, profiles: Profiles, kind: Kind) -> None:
        self._threads = threads
        self._profiles = profiles
        self._kind = kind

    # ---- profiles ----------------------------------------------------------------------------------------------------

    async def create(self, request: Request) -> Reply:
        """A new one. With ``lifetimeInSec``, which is ours, it is kept in memory and ends by itself."""
        locale = await wire.locale_of(request, self._kind)
        lifetime_s = protocol.natural(
            request.query_params,
            "lifetimeInSec",
            0,
            least=limits.SHORTEST_LIFETIME_S,
            most=limits.LONGEST_LIFETIME_S,
        )
        made = await self._threads.run(self._profiles.create, self._kind, locale, lifetime_s or None)
        place = f"{request.url.scheme}://{request.url.netloc}{request.url.path}/{made.id}"
        return protocol.reply(wire.profile_of(made, self._kind), status=201, headers={"location": place})

    async def list(self, request: Request) -> Reply:
        """All of them, page by page."""
        query = request.query_params
        top = protocol.natural(query, "maxpagesize", limits.DEFAULT_PAGE, least=1, most=limits.LARGEST_PAGE)
        after = wire.profile_id(query["after"], "after") if "after" in query else ""
        found = await self._threads.run(self._profiles.list, self._kind, after, top + 1)
        shown: dict[str, Any] = {"value": [wire.profile_of(profile, self._kind) for profile in found[:top]]}
        if len(found) > top:
            shown["nextLink"] = str(request.url.include_query_params(after=found[top - 1].id))
        return protocol.reply(shown)

    async def get(self, request: Request) -> Reply:
        """One."""
        found = await self._threads.run(self._profiles.get, self._kind, _id(request))
        return protocol.reply(wire.profile_of(found, self._kind))

    async def delete(self, request: Request) -> Reply:
        """One, with all that is known of the voice."""
        await self._threads.run(self._profiles.delete, self._kind, _id(request))
        return Reply(204)

    async def reset(self, request: Request) -> Reply:
        """One as it was made."""
        found = await self._threads.run(self._profiles.reset, self._kind, _id(request))
        place = str(request.url.replace(query="")).removesuffix(":reset")
        return protocol.reply(wire.profile_of(found, self._kind), headers={"location": place})

    # ---- voices ------------------------------------------------------------------------------------------------------

    async def enrol(self, request: Request) -> Reply:
        """One more sound for a profile."""
        identity, at_once = _id(request), protocol.flag(request.query_params, "ignoreMinLength")
        # Before the sound is read: a wrong id should not cost it.
        await self._threads.run(self._profiles.get, self._kind, identity)
        sound = await wire.sound_of(request)

        def work() -> Reply:
            from dfai_engine.speaker import voices

            enrolled, heard = voices.enrol(self._profiles, self._kind, identity, sound, at_once=at_once)
            return protocol.reply(wire.enrolment_of(enrolled, self._kind, heard), status=201)

        return await self._threads.run(work)

    async def verify(self, request: Request) -> Reply:
        """Whether it is the voice of a profile that speaks."""
        identity, short = _id(request), protocol.flag(request.query_params, "ignoreMinLength")
        profile = await self._threads.run(self._ready, identity)
        sound = await wire.sound_of(request)

        def work() -> Reply:
            from dfai_engine.speaker import voices

            return protocol.reply(voices.verified(profile, self._kind, sound, short=short))

        return await self._threads.run(work)

    async def identify(self, request: Request) -> Reply:
        """Whose voice speaks, among those of some profiles."""
        query = request.query_params
        candidates, short = _candidates(query), protocol.flag(query, "ignoreMinLength")
        profiles = await self._threads.run(lambda: [self._ready(identity) for identity in candidates])
        sound = await wire.sound_of(request)

        def work() -> Reply:
            from dfai_engine.speaker import voices

            return protocol.reply(voices.identified(profiles, sound, nobody=NOBODY, short=short))

        return await self._threads.run(work)

    def _ready(self, identity: str) -> Profile:
        """A profile with a voice print."""
        from dfai_engine.speaker.profiles import check_model

        found = self._profiles.get(self._kind, identity)
        check_model(found)
        if not found.ready:
            raise ServiceFailure(
                f"The profile {identity} is not enrolled yet: it needs more speech, or an enrolment with "
                "ignoreMinLength=true.",
                code="ProfileNotEnrolled",
            )
        return found

    # ---- phrases -----------------------------------------------------------------------------------------------------

    async def pass_phrases(self, request: Request) -> Reply:
        """What may be said to enrol and to verify."""
        return protocol.reply(_phrases(request, phrases.PASS_PHRASES, "passPhrase"))

    async def activation_phrases(self, request: Request) -> Reply:
        """What the service wants to be said first, as a consent. Nothing here asks for it."""
        return protocol.reply(_phrases(request, phrases.ACTIVATION, "activationPhrase"))


def _id(request: Request) -> str:
    return wire.profile_id(request.path_params["id"])


def _candidates(query: Mapping[str, str]) -> list[str]:
    """The ids that a query names, each once."""
    named = [part.strip() for part in query.get("profileIds", "").split(",") if part.strip()]
    found = list(dict.fromkeys(wire.profile_id(one, "profileIds") for one in named))
    if not 1 <= len(found) <= limits.CANDIDATES:
        raise wire.bad(f"profileIds must name 1 to {limits.CANDIDATES} profiles.")
    return found


def _phrases(request: Request, known: Mapping[str, tuple[str, ...]], name: str) -> dict[str, Any]:
    locale = wire.written_locale(request.path_params["locale"], tuple(known))
    return {"value": [{name: phrase} for phrase in known[locale.lower()]]}
