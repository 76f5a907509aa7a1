"""Where an answer sends a whole request next: to the next page, or to another place. No I/O."""

from __future__ import annotations

from urllib.parse import urljoin

from dfai_core.errors import ConfigError
from dfai_core.jobs import Job
from dfai_core.operations import link_at
from dfai_core.transports.base import Answer
from dfai_core.verdict import Action, Verdict
from dfai_core.whole import MOST_REDIRECTS

__all__ = ["to_next_page", "to_redirect"]


def to_next_page(job: Job, link: str, answer: Answer) -> Verdict | None:
    """Keeps *answer* with *job*, which asks at *link* next; or says why it must not."""
    web, whole, pages = job.lane.exchange.web, job.whole, job.pages or []
    assert web is not None
    assert whole is not None
    url = link_at(whole.url, link)
    if url is None:
        return Verdict(Action.REFUSE, "refused", "the next page is at another host")
    if len(pages) + 1 >= web.max_pages:
        return Verdict(Action.REFUSE, "too_large", f"there are more than {web.max_pages} pages")
    if url == whole.url:
        return Verdict(Action.REFUSE, "refused", "a page names itself as the next")
    job.pages, job.whole, job.operation, job.tries = [*pages, answer], whole.following(url), None, 0
    return None


def to_redirect(job: Job, verdict: Verdict) -> Verdict | None:
    """Lets *job* ask where *verdict* leads, as a try that does not count; or says why it must not."""
    whole = job.whole
    assert whole is not None
    refused = verdict._replace(action=Action.REFUSE, code="refused")
    if job.operation is not None:  # what it ended with is elsewhere
        link = link_at(job.operation, verdict.message)
        if link is None:
            return refused._replace(message="the operation redirects to another host")
        job.operation = link
        return None
    if whole.redirects >= MOST_REDIRECTS:
        return refused._replace(message=f"there are more than {MOST_REDIRECTS} redirects")
    try:
        job.whole = whole.redirected(urljoin(whole.url, verdict.message))
    except ConfigError as error:  # no URL, no TLS for a secret, an origin that must not be asked
        return refused._replace(message=f"it redirects elsewhere: {error}")
    except ValueError:  # half a bracket
        return refused._replace(message="it redirects to what is no http or https URL")
    job.tries -= 1
    return None
