"""Every service that dfai knows, by verb: add a file, then a line here."""

from __future__ import annotations

from functools import cache

from dfai_core.service import Service
from dfai_core.services.decision.detect_anomalies import DETECT_ANOMALIES
from dfai_core.services.decision.detect_change_points import DETECT_CHANGE_POINTS
from dfai_core.services.decision.detect_last_anomaly import DETECT_LAST_ANOMALY
from dfai_core.services.face.detect_faces import DETECT_FACES
from dfai_core.services.face.find_similar_faces import FIND_SIMILAR_FACES
from dfai_core.services.face.group_faces import GROUP_FACES
from dfai_core.services.face.identify_faces import IDENTIFY_FACES
from dfai_core.services.face.verify_faces import VERIFY_FACES
from dfai_core.services.language.detect_language import DETECT_LANGUAGE
from dfai_core.services.language.entities import ENTITIES
from dfai_core.services.language.extract_summary import EXTRACT_SUMMARY
from dfai_core.services.language.key_phrases import KEY_PHRASES
from dfai_core.services.language.linked_entities import LINKED_ENTITIES
from dfai_core.services.language.redact_pii import REDACT_PII
from dfai_core.services.language.sentiment import SENTIMENT
from dfai_core.services.search.find_similar_images import FIND_SIMILAR_IMAGES
from dfai_core.services.search.search_images import SEARCH_IMAGES
from dfai_core.services.search.search_index import SEARCH_INDEX
from dfai_core.services.speech.assess_pronunciation import ASSESS_PRONUNCIATION
from dfai_core.services.speech.identify_speaker import IDENTIFY_SPEAKER
from dfai_core.services.speech.synthesize_speech import SYNTHESIZE_SPEECH
from dfai_core.services.speech.transcribe import TRANSCRIBE
from dfai_core.services.speech.translate_speech import TRANSLATE_SPEECH
from dfai_core.services.speech.verify_speaker import VERIFY_SPEAKER
from dfai_core.services.vision.analyze_image import ANALYZE_IMAGE
from dfai_core.services.vision.area_of_interest import AREA_OF_INTEREST
from dfai_core.services.vision.describe_image import DESCRIBE_IMAGE
from dfai_core.services.vision.detect_objects import DETECT_OBJECTS
from dfai_core.services.vision.moderate_image import MODERATE_IMAGE
from dfai_core.services.vision.read_text import READ_TEXT
from dfai_core.services.vision.tag_image import TAG_IMAGE
from dfai_core.services.vision.thumbnail import THUMBNAIL
from dfai_core.services.web.download import DOWNLOAD
from dfai_core.services.web.http import HTTP

__all__ = ["families", "services"]

_ALL = (
    SENTIMENT,
    KEY_PHRASES,
    DETECT_LANGUAGE,
    ENTITIES,
    LINKED_ENTITIES,
    REDACT_PII,
    EXTRACT_SUMMARY,
    DETECT_ANOMALIES,
    DETECT_LAST_ANOMALY,
    DETECT_CHANGE_POINTS,
    ANALYZE_IMAGE,
    TAG_IMAGE,
    DESCRIBE_IMAGE,
    DETECT_OBJECTS,
    READ_TEXT,
    THUMBNAIL,
    AREA_OF_INTEREST,
    MODERATE_IMAGE,
    DETECT_FACES,
    VERIFY_FACES,
    FIND_SIMILAR_FACES,
    GROUP_FACES,
    IDENTIFY_FACES,
    TRANSCRIBE,
    TRANSLATE_SPEECH,
    ASSESS_PRONUNCIATION,
    SYNTHESIZE_SPEECH,
    VERIFY_SPEAKER,
    IDENTIFY_SPEAKER,
    SEARCH_IMAGES,
    FIND_SIMILAR_IMAGES,
    SEARCH_INDEX,
    DOWNLOAD,
    HTTP,
)


@cache
def services() -> dict[str, Service]:
    """Services by the name of their verb."""
    return {service.name: service for service in _ALL}


@cache
def families() -> tuple[str, ...]:
    """The families, in the order of their first service."""
    return tuple(dict.fromkeys(service.family for service in _ALL))
