"""Check digits of cards, accounts and national numbers.

Each function takes the number's bare characters, without spaces, dots or dashes, and says whether its check
digits fit. None looks at context: a number that fits by chance is the caller's concern.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

__all__ = [
    "IBAN_LENGTHS",
    "aba",
    "cpf",
    "dea",
    "fiscal_code",
    "iban",
    "is_date",
    "iso7064_mod11_10",
    "luhn",
    "mod97_complement",
    "nir",
    "norwegian",
    "remainder_is",
    "resident_cn",
    "spanish_letter",
    "turkish",
    "verhoeff",
    "weighted_sum",
]

# Characters of an account number, by country. Source: SWIFT, IBAN registry.
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip

_VERHOEFF_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_SHIFT = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_FISCAL_HEAD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
# Italian fiscal code: what a character is worth at an odd place (1st, 3rd, …).
_FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*_FISCAL_HEAD, *_FISCAL_HEAD, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def weighted_sum(digits: str, weights: Sequence[int]) -> int:
    """Sum of each digit times its weight; the shorter of the two ends it."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def remainder_is(digits: str, weights: Sequence[int], modulus: int, wanted: int = 0) -> bool:
    """Whether the weighted sum leaves *wanted* when divided by *modulus*.

    >>> remainder_is("111222333", (9, 8, 7, 6, 5, 4, 3, 2, -1), 11)  # a Dutch citizen's number
    True
    """
    return weighted_sum(digits, weights) % modulus == wanted


def luhn(digits: str) -> bool:
    """ISO/IEC 7812: payment cards, Canadian and Swedish personal numbers.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def verhoeff(digits: str) -> bool:
    """Indian Aadhaar numbers: catches each single wrong digit and each swap of neighbours.

    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_PRODUCT[check][int(_VERHOEFF_SHIFT[place % 8][int(digit)])])
    return check == 0


def iso7064_mod11_10(digits: str) -> bool:
    """German tax numbers and Croatian personal numbers.

    >>> iso7064_mod11_10("86095742719")
    True
    """
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def iban(account: str) -> bool:
    """Bank account: the country's length, and ISO 7064 modulo 97.

    >>> iban("GB82WEST12345698765432"), iban("GB82WEST12345698765431")
    (True, False)
    """
    account = account.upper()
    if IBAN_LENGTHS.get(account[:2]) != len(account):
        return False
    return int("".join(str(int(character, 36)) for character in account[4:] + account[:4])) % 97 == 1


def aba(digits: str) -> bool:
    """American bank routing number: a prefix that the Federal Reserve gives out, and weights 3, 7, 1.

    >>> aba("111000025"), aba("111000026")
    (True, False)
    """
    prefix = int(digits[:2])
    given_out = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80
    return given_out and digits != "000000000" and remainder_is(digits, (3, 7, 1) * 3, 10)


def cpf(digits: str) -> bool:
    """Brazilian taxpayer: two check digits modulo 11; eleven equal digits are never given out.

    >>> cpf("99821486568"), cpf("11111111111")
    (True, False)
    """
    if len(set(digits)) == 1:
        return False
    first = weighted_sum(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted_sum(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def spanish_letter(number: str) -> bool:
    """Spanish identity: eight digits, or X, Y, Z and seven digits, then the letter of the remainder by 23.

    >>> spanish_letter("12345678Z"), spanish_letter("X1234567L"), spanish_letter("12345678A")
    (True, True, False)
    """
    body = number[:-1].upper().replace("X", "0").replace("Y", "1").replace("Z", "2")
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23] == number[-1].upper()


def nir(number: str) -> bool:
    """French social security number: 97 less the remainder by 97; Corsica's 2A and 2B count as 19 and 18.

    >>> nir("180126955222380"), nir("180126955222381")
    (True, False)
    """
    number = number.upper().replace("2A", "19", 1).replace("2B", "18", 1)
    return number.isdigit() and 97 - int(number[:13]) % 97 == int(number[13:])


def mod97_complement(digits: str) -> bool:
    """Belgian national number; a 2 stands in front for those born from 2000.

    >>> mod97_complement("85073003328")
    True
    """
    body, check = digits[:9], int(digits[9:])
    return check in (97 - int(body) % 97, 97 - int("2" + body) % 97)


def fiscal_code(code: str) -> bool:
    """Italian fiscal code: sixteen characters, the last one the check letter.

    >>> fiscal_code("RSSMRA85T10A562S"), fiscal_code("RSSMRA85T10A562T")
    (True, False)
    """
    code = code.upper()
    total = sum(_FISCAL_ODD[character] for character in code[:15:2])
    total += sum(int(character) if character.isdigit() else ord(character) - ord("A") for character in code[1:15:2])
    return chr(ord("A") + total % 26) == code[15]


def dea(number: str) -> bool:
    """American licence to prescribe: two letters, seven digits.

    >>> dea("AB1234563"), dea("AB1234564")
    (True, False)
    """
    digits = number[2:]
    return weighted_sum(digits, (1, 2, 1, 2, 1, 2)) % 10 == int(digits[6])


def resident_cn(number: str) -> bool:
    """Chinese resident's number: ISO 7064 modulo 11, X for ten, and a birth date.

    >>> resident_cn("11010519491231002X")
    True
    """
    weights = [2**power % 11 for power in range(17, 0, -1)]
    return "10X98765432"[weighted_sum(number[:17], weights) % 11] == number[17].upper() and is_date(
        int(number[6:10]), int(number[10:12]), int(number[12:14])
    )


def norwegian(digits: str) -> bool:
    """Norwegian birth number: two check digits modulo 11.

    >>> norwegian("01010750160")
    True
    """
    return remainder_is(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), 11) and remainder_is(
        digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11
    )


def turkish(digits: str) -> bool:
    """Turkish identity number: two check digits from sums at odd and even places.

    >>> turkish("10000000146")
    True
    """
    values = [int(digit) for digit in digits]
    tenth = (7 * sum(values[0:9:2]) - sum(values[1:8:2])) % 10
    return values[0] != 0 and values[9] == tenth and sum(values[:10]) % 10 == values[10]


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has this day.

    >>> is_date(2024, 2, 29), is_date(2023, 2, 29)
    (True, False)
    """
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
