"""What stands at a URL, from any frame: each row its content or its own error, and nothing from inside a network."""

from __future__ import annotations

from typing import Any

import pytest

import dfai
from frames import Frames
from web_service import Asked, Site

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark", "spark-connect"),
]


def test_each_row_has_its_content_or_its_own_error(frames: Frames, site: Site) -> None:
    def fault(asked: Asked, before: int) -> int | None:
        return {"/file/5": None if before else 503, "/file/6": 404}.get(asked.path)

    site.fault = fault
    links = [f"{site.url}/file/{size}" for size in (3, 0, 5, 6, 900)] + [None, "ftp://x/y", f"{site.url}/file/3"]
    links.append(f"{site.url}/to?url={site.url}/file/4")
    frame = frames.build({"link": links})

    result = frames.read(frame.ai.download("link", private_urls="allow", max_bytes=800, attempts=2))

    assert result["content"] == [b"xxx", b"", b"xxxxx", None, None, None, None, b"xxx", b"xxxx"]
    assert result["content_size_bytes"] == [3, 0, 5, None, None, None, None, 3, 4]
    assert result["content_type"] == [None if one is None else "image/png" for one in result["content"]]
    assert result["content_error"] == [None, None, None, "refused", "too_large", None, "refused", None, None]
    assert site.paths.count("/file/3") <= frames.processes
    assert all(asked.headers["accept-encoding"] == "identity" for asked in site.asked)


def test_addresses_inside_are_not_asked_unless_a_word_allows_it(frames: Frames, site: Site) -> None:
    inside = ["http://169.254.169.254/latest/meta-data", "http://[::ffff:10.0.0.1]/", f"{site.url}/file/1"]
    frame = frames.build({"link": [*inside, "http://localhost:1/x"]})

    result = frames.read(frame.ai.download("link", include=["error_detail"]))

    assert result["content_error"] == ["refused"] * 4
    assert [detail["retryable"] for detail in result["content_error_detail"]] == [False] * 4
    assert 'private_urls="allow"' in result["content_error_message"][0]
    assert site.asked == []


@pytest.mark.parametrize("how", ["", "?streamed=yes"])
def test_a_large_content_is_not_read_to_its_end(frames: Frames, site: Site, how: str) -> None:
    frame = frames.build({"link": [f"{site.url}/file/30000000{how}", f"{site.url}/file/100000{how}"]})

    result = frames.read(frame.ai.download("link", private_urls="allow", max_bytes=100_000))

    assert result["content_error"] == ["too_large", None]
    assert result["content_size_bytes"] == [None, 100_000]


def test_redirects_end_after_ten(frames: Frames, site: Site) -> None:
    frame = frames.build({"link": [f"{site.url}/to"]})

    result = frames.read(frame.ai.download("link", private_urls="allow"))

    assert result["content_error"] == ["refused"]
    assert "more than 10 redirects" in result["content_error_message"][0]
    assert len(site.asked) == 11


def test_more_contents_than_are_held_at_once_keep_their_order(frames: Frames, site: Site) -> None:
    sizes = [number % 50 for number in range(400)]
    frame = frames.build({"link": [f"{site.url}/file/{size}?of={place}" for place, size in enumerate(sizes)]})

    result = frames.read(frame.ai.download("link", private_urls="allow"))

    assert result["content_size_bytes"] == sizes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_bytes": 0}, "max_bytes="),
        ({"max_bytes": 10**9}, "125,000,000"),
        ({"private_urls": "public"}, "private_urls="),
        ({"target": "local"}, "takes no target"),
    ],
)
def test_bad_options_raise_at_once(frames: Frames, site: Site, options: dict[str, Any], said: str) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=said):
        frames.build({"link": ["http://a.example/"]}).ai.download("link", **options)
