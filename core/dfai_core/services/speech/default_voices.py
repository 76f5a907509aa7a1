"""Which voice speaks a language where none is named."""

from __future__ import annotations

import re

from dfai_core.errors import ConfigError

__all__ = ["AZURE", "LOCAL", "default_voice", "locale_of"]

# Source: Azure AI Speech, "Language and voice support", text to speech, dated 2025-10-21, read 2026-11-26: of each
# locale the voice that is listed first. The first locale of a language speaks it where no region is named.
AZURE: dict[str, str] = {
    voice.rpartition("-")[0]: voice
    for voice in (
        *("en-US-AvaMultilingualNeural", "en-GB-SoniaNeural", "en-AU-NatashaNeural", "en-CA-ClaraNeural"),
        *("en-IE-EmilyNeural", "en-IN-AartiIndicNeural", "en-NZ-MollyNeural", "en-ZA-LeahNeural", "en-SG-LunaNeural"),
        *("de-DE-KatjaNeural", "de-AT-IngridNeural", "de-CH-LeniNeural"),
        *("fr-FR-DeniseNeural", "fr-BE-CharlineNeural", "fr-CA-SylvieNeural", "fr-CH-ArianeNeural"),
        *("es-ES-ElviraNeural", "es-MX-DaliaNeural", "es-AR-ElenaNeural", "es-CO-SalomeNeural", "es-US-PalomaNeural"),
        *("it-IT-ElsaNeural", "pt-BR-FranciscaNeural", "pt-PT-RaquelNeural", "nl-NL-FennaNeural", "nl-BE-DenaNeural"),
        *("sv-SE-SofieNeural", "da-DK-ChristelNeural", "nb-NO-PernilleNeural", "fi-FI-SelmaNeural"),
        *("is-IS-GudrunNeural", "pl-PL-AgnieszkaNeural", "cs-CZ-VlastaNeural", "sk-SK-ViktoriaNeural"),
        *("sl-SI-PetraNeural", "hr-HR-GabrijelaNeural", "sr-RS-SophieNeural", "bs-BA-VesnaNeural"),
        *("hu-HU-NoemiNeural", "ro-RO-AlinaNeural", "bg-BG-KalinaNeural", "el-GR-AthinaNeural", "tr-TR-EmelNeural"),
        *("ru-RU-SvetlanaNeural", "uk-UA-PolinaNeural", "et-EE-AnuNeural", "lv-LV-EveritaNeural", "lt-LT-OnaNeural"),
        *("ca-ES-JoanaNeural", "gl-ES-SabelaNeural", "eu-ES-AinhoaNeural", "ga-IE-OrlaNeural", "cy-GB-NiaNeural"),
        *("mt-MT-GraceNeural", "sq-AL-AnilaNeural", "ar-SA-ZariyahNeural", "ar-EG-SalmaNeural", "ar-AE-FatimaNeural"),
        *("he-IL-HilaNeural", "fa-IR-DilaraNeural", "hi-IN-AaravNeural", "bn-BD-NabanitaNeural", "ta-IN-PallaviNeural"),
        *("te-IN-ShrutiNeural", "ur-PK-UzmaNeural", "th-TH-PremwadeeNeural", "vi-VN-HoaiMyNeural", "id-ID-GadisNeural"),
        *("ms-MY-YasminNeural", "fil-PH-BlessicaNeural", "ja-JP-NanamiNeural", "ko-KR-SunHiNeural"),
        *("zh-CN-XiaoxiaoNeural", "zh-TW-HsiaoChenNeural", "zh-HK-HiuMaanNeural", "af-ZA-AdriNeural"),
        *("sw-KE-ZuriNeural", "am-ET-MekdesNeural", "zu-ZA-ThandoNeural"),
    )
}
# The embedded engine's own, SVOX Pico.
LOCAL: dict[str, str] = {locale: f"{locale}-Pico" for locale in ("en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "it-IT")}
_FIRST = {locale.partition("-")[0]: locale for locale in reversed(AZURE)}
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_][A-Za-z]{2})?")


def locale_of(language: str) -> str:
    """The locale that *language* means.

    >>> locale_of("de"), locale_of("pt_pt"), locale_of("xx")
    ('de-DE', 'pt-PT', 'xx')

    Raises
    ------
    ConfigError
        It is no language tag.
    """
    if not _TAG.fullmatch(language):
        raise ConfigError(f"language={language!r} is not a language with or without its region, such as 'en-US'.")
    parts = re.split("[-_]", language)
    tidy = "-".join([parts[0].lower(), *(p.title() if len(p) == 4 else p.upper() for p in parts[1:])])
    return _FIRST.get(tidy, tidy)


def default_voice(locale: str, kind: str) -> str:
    """The voice of *locale* on a target of *kind*.

    >>> default_voice("fr-FR", "azure"), default_voice("fr-FR", "local")
    ('fr-FR-DeniseNeural', 'fr-FR-Pico')

    Raises
    ------
    ConfigError
        None is known of here.
    """
    found = (LOCAL.get(locale) if kind == "local" else None) or AZURE.get(locale)
    if found is None:
        raise ConfigError(
            f"language={locale!r}: no voice is known here that speaks it; name one: voice=…, of dfai.list_voices()."
        )
    return found
