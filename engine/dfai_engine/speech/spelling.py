"""Words of each language that texts leave to their readers: ordinals, months, signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SPELLINGS", "Spelling"]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one language says what is written in signs.

    *ordinals* are the first of them, from 1 on; *ordinal* writes the others in digits. *date* and *time* are patterns
    of what is said. *signs* are the names of characters that are no letters and no digits.
    """

    ordinals: tuple[str, ...]
    months: tuple[str, ...]
    date: str  # with {day}, {month}, {year}
    time: str  # with {hour} and {minute}
    full_hour: str
    signs: Mapping[str, str]
    words: Mapping[str, str]  # of signs between words, which the voices cannot read
    ordinal: str = "{number}"
    first_day: str = ""  # the first of a month, where that is no cardinal
    day_ordinal: bool = False
    order: str = "dmy"  # of a date's numbers, where no format says it
    thousands: str = ""  # what stands between groups of three digits
    zero: str = ""  # before a single minute, where that is said


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


def _named(signs: str, names: str) -> Mapping[str, str]:
    """The names of *signs*, with lines between them."""
    return dict(zip(signs, names.split("|"), strict=True))


_SIGNS = ".,-_@/:+#*!?& "
_BETWEEN_WORDS = "<>&"


_ENGLISH = Spelling(
    ordinals=_words(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first "
        "twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth "
        "twenty-ninth thirtieth thirty-first"
    ),
    ordinal="{number}{suffix}",
    months=_words("January February March April May June July August September October November December"),
    date="{month} {day}, {year}",
    day_ordinal=True,
    time="{hour} {minute}",
    full_hour="{hour} o'clock",
    order="mdy",
    signs=_named(
        _SIGNS,
        "dot|comma|dash|underscore|at|slash|colon|plus|hash|star|exclamation mark|question mark|and|space",
    ),
    words=_named(_BETWEEN_WORDS, "less than|greater than|and"),
    thousands=",",
    zero="oh",
)
_GERMAN = Spelling(
    ordinals=_words(
        "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte dreizehnte "
        "vierzehnte fünfzehnte sechzehnte siebzehnte achtzehnte neunzehnte zwanzigste einundzwanzigste "
        "zweiundzwanzigste dreiundzwanzigste vierundzwanzigste fünfundzwanzigste sechsundzwanzigste "
        "siebenundzwanzigste achtundzwanzigste neunundzwanzigste dreißigste einunddreißigste"
    ),
    ordinal="{number}.",
    months=_words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    date="{day}r {month} {year}",
    day_ordinal=True,
    time="{hour} Uhr {minute}",
    full_hour="{hour} Uhr",
    signs=_named(
        _SIGNS,
        "Punkt|Komma|Strich|Unterstrich|at|Schrägstrich|Doppelpunkt|plus|Raute|Stern|"
        "Ausrufezeichen|Fragezeichen|und|Leerzeichen",
    ),
    words=_named(_BETWEEN_WORDS, "kleiner als|größer als|und"),
)
_FRENCH = Spelling(
    ordinals=_words(
        "premier deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième "
        "onzième douzième treizième quatorzième quinzième seizième dix-septième dix-huitième dix-neuvième "
        "vingtième"
    ),
    ordinal="{number}e",
    months=_words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    date="{day} {month} {year}",
    first_day="premier",
    time="{hour} heures {minute}",
    full_hour="{hour} heures",
    signs=_named(
        _SIGNS,
        "point|virgule|tiret|tiret bas|arobase|barre oblique|deux points|plus|dièse|étoile|"
        "point d'exclamation|point d'interrogation|et|espace",
    ),
    words=_named(_BETWEEN_WORDS, "inférieur à|supérieur à|et"),
)
_SPANISH = Spelling(
    ordinals=_words("primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo"),
    months=_words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    date="{day} de {month} de {year}",
    first_day="primero",
    time="{hour} y {minute}",
    full_hour="{hour} en punto",
    signs=_named(
        _SIGNS,
        "punto|coma|guion|guion bajo|arroba|barra|dos puntos|más|almohadilla|asterisco|"
        "exclamación|interrogación|y|espacio",
    ),
    words=_named(_BETWEEN_WORDS, "menor que|mayor que|y"),
)
_ITALIAN = Spelling(
    ordinals=_words("primo secondo terzo quarto quinto sesto settimo ottavo nono decimo"),
    months=_words("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
    date="{day} {month} {year}",
    first_day="primo",
    time="{hour} e {minute}",
    full_hour="{hour} in punto",
    signs=_named(
        _SIGNS,
        "punto|virgola|trattino|trattino basso|chiocciola|barra|due punti|più|cancelletto|"
        "asterisco|punto esclamativo|punto interrogativo|e|spazio",
    ),
    words=_named(_BETWEEN_WORDS, "minore di|maggiore di|e"),
)
SPELLINGS: Mapping[str, Spelling] = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
    "it": _ITALIAN,
}
