"""Rules for national numbers: persons, taxpayers, health and licences outside the United States.

Categories carry Azure's names. Where a country's check digits let one random number in ten through, the number
counts only beside a word that names it, or when written in its own grouping.
"""

from __future__ import annotations

from dfai_engine.language import checksums
from dfai_engine.language.checksums import is_date, luhn, remainder_is, weighted_sum
from dfai_engine.language.pii_rules import CHECKED, LIKELY, NAMED, Rule, rule

__all__ = ["RULES"]


def _pesel(bare: str) -> bool:
    """Poland; the century hides in the month."""
    century, month = divmod(int(bare[2:4]), 20)
    year = (1900, 2000, 2100, 2200, 1800)[century] + int(bare[:2])
    return is_date(year, month, int(bare[4:6])) and remainder_is(bare, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10)


def _nip(bare: str) -> bool:
    return remainder_is(bare, (6, 5, 7, 2, 3, 4, 5, 6, 7, -1), 11)


def _nhs(bare: str) -> bool:
    return remainder_is(bare, range(10, 0, -1), 11) and len(set(bare)) > 1


def _cnpj(bare: str) -> bool:
    first = weighted_sum(bare, (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    second = weighted_sum(bare, (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return bare[12:] == f"{first}{second}" and len(set(bare)) > 1


def _abn(bare: str) -> bool:
    return remainder_is(f"{int(bare) - 10**10:011d}", (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19), 89)


def _finnish(bare: str) -> bool:
    """The date, the century's sign, three digits, and a letter of the remainder by 31."""
    digits = bare[:6] + bare[-4:-1]
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == bare[-1].upper() and _day_month(bare)


def _day_month(bare: str) -> bool:
    # 2000 is a leap year: the 29th of February passes whatever the century is.
    return is_date(2000, int(bare[2:4]), int(bare[:2]))


def _month_day(bare: str) -> bool:
    return is_date(2000, int(bare[2:4]), int(bare[4:6]))


def _swedish(bare: str) -> bool:
    bare = bare.replace("+", "")[-10:]
    return _month_day(bare) and luhn(bare)


def _ean13(bare: str) -> bool:
    return remainder_is(bare, (1, 3) * 6 + (1,), 10)


def _south_african(bare: str) -> bool:
    return _month_day(bare) and bare[10] in "01" and luhn(bare)


def _korean(bare: str) -> bool:
    check = (11 - weighted_sum(bare[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return _month_day(bare) and check == int(bare[12])


def _taiwanese(bare: str) -> bool:
    head = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(bare[0]) + 10
    return (head // 10 + head % 10 * 9 + weighted_sum(bare[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def _singaporean(bare: str) -> bool:
    remainder = (weighted_sum(bare[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if bare[0] in "TG" else 0)) % 11
    return ("JZIHGFEDCBA" if bare[0] in "ST" else "XWUTRQPNMLK")[remainder] == bare[8]


def _hong_kong(bare: str) -> bool:
    letters, digits, check = bare[:-7], bare[-7:-1], bare[-1]
    values = [36] if len(letters) == 1 else []
    values += [ord(letter) - 55 for letter in letters] + [int(digit) for digit in digits]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def _thai(bare: str) -> bool:
    return (11 - weighted_sum(bare[:12], range(13, 1, -1)) % 11) % 10 == int(bare[12])


def _japanese(bare: str) -> bool:
    remainder = weighted_sum(bare[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if remainder <= 1 else 11 - remainder) == int(bare[11])


def _chilean(bare: str) -> bool:
    total = weighted_sum(bare[:-1][::-1], (2, 3, 4, 5, 6, 7, 2, 3))
    return "0123456789K0"[11 - total % 11] == bare[-1].upper()


def _irish(bare: str) -> bool:
    second = ord(bare[8].upper()) - 64 if len(bare) == 9 else 0
    total = weighted_sum(bare[:7], range(8, 1, -1)) + 9 * (0 if second == 23 else second)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == bare[7].upper()


def _portuguese(bare: str) -> bool:
    check = 11 - weighted_sum(bare[:8], range(9, 1, -1)) % 11
    return (0 if check >= 10 else check) == int(bare[8])


def _romanian(bare: str) -> bool:
    return _month_day(bare[1:]) and weighted_sum(bare, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11 % 10 == int(bare[12])


def _bulgarian(bare: str) -> bool:
    return weighted_sum(bare[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(bare[9])


def _czech(bare: str) -> bool:
    month = int(bare[2:4]) % 50
    return is_date(2000, month - 20 if month > 20 else month, int(bare[4:6])) and (
        len(bare) == 9 or int(bare[:9]) % 11 % 10 == int(bare[9])
    )


def _spanish_affiliate(bare: str) -> bool:
    return int(bare[:10]) % 97 == int(bare[10:])


RULES: tuple[Rule, ...] = (
    rule("AUTaxFileNumber", r"\d{3} ?\d{3} ?\d{3}", valid=lambda n: remainder_is(n, (1, 4, 3, 7, 5, 8, 6, 9, 10), 11),
         names="tfn|tax file(?: number)?", digits=9),
    rule("AUMedicalAccountNumber", r"[2-6]\d{3} ?\d{5} ?\d", names="medicare", digits=10,
         valid=lambda n: weighted_sum(n, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(n[8])),
    rule("AUBusinessNumber", r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", valid=_abn, names="abn|business number", digits=11),
    rule("BENationalNumber", r"\d{2}\.?\d{2}\.?\d{2}[- ]?\d{3}\.?\d{2}", valid=checksums.mod97_complement,
         names="rijksregister(?:nummer)?|registre national|national number|nrn|niss|insz|nationaal", digits=11,
         alone=CHECKED, separated=True),
    rule("BRCPFNumber", r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", valid=checksums.cpf, names="cpf|contribuinte", digits=11,
         alone=CHECKED, separated=True),
    rule("BRLegalEntityNumber", r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}", valid=_cnpj, names="cnpj", digits=14,
         alone=CHECKED, separated=True),
    rule("BGUniformCivilNumber", r"\d{10}", valid=_bulgarian, names="егн|egn|uniform civil", digits=10),
    rule("CASocialInsuranceNumber", r"\d{3}([ -])\d{3}\1\d{3}|\d{9}", valid=luhn, digits=9, alone=LIKELY,
         separated=True, names="sin|social insurance|nas|assurance sociale"),
    rule("CHSocialSecurityNumber", r"756\.?\d{4}\.?\d{4}\.?\d{2}", valid=_ean13, alone=CHECKED, mark="756", digits=13,
         names="ahv|avs|ahv-nr|social security"),
    rule("CLIdentityCardNumber", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]", valid=_chilean, alone=LIKELY, mark="-", digits=7,
         names="rut|run|cédula"),
    rule("CNResidentIdentityCardNumber", r"[1-9]\d{16}[\dXx]", valid=checksums.resident_cn, alone=CHECKED, digits=17,
         names="身份证|resident id"),
    rule("CZPersonalIdentityNumber", r"\d{6}/\d{3,4}", valid=_czech, alone=LIKELY, mark="/", digits=9,
         names="rodné číslo|rč|r\\.č\\."),
    rule("DEIdentityCardNumber", r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d?", named=NAMED,
         names="personalausweis(?:nummer)?|ausweisnummer|identity card|id card"),
    rule("DEPassportNumber", r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}", named=NAMED,
         names="reisepass(?:nummer)?|passnummer"),
    rule("DETaxIdentificationNumber", r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", valid=checksums.iso7064_mod11_10, digits=11,
         names="steuer-?id|(?:steuer)?identifikationsnummer|idnr\\.?|steuernummer|tax id(?:entification)?"),
    rule("DEValueAddedNumber", r"DE ?\d{9}", valid=lambda n: checksums.iso7064_mod11_10(n[2:]), alone=CHECKED,
         mark="DE", digits=9, names="ust-?id(?:-?nr\\.?)?|ust-idnr|vat|umsatzsteuer"),
    rule("DKPersonalIdentificationNumber", r"\d{6}-?\d{4}", valid=_day_month, named=NAMED, alone=LIKELY,
         separated=True, digits=10, names="cpr(?:-?nummer|-?nr\\.?)?|personnummer"),
    rule("ESDNI", r"\d{8}-?[A-Za-z]|[XYZxyz]-?\d{7}-?[A-Za-z]",
         valid=lambda n: n[-1].isalpha() and checksums.spanish_letter(n),
         alone=CHECKED, digits=7, names="dni|nie|nif|documento"),
    rule("ESSocialSecurityNumber", r"\d{2}[ /-]?\d{8}[ /-]?\d{2}", valid=_spanish_affiliate, digits=12,
         names="seguridad social|nuss|naf"),
    rule("FINationalID", r"\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-FHJ-NPR-Ya-y]", valid=_finnish, alone=CHECKED, digits=9,
         names="hetu|henkilötunnus|personbeteckning"),
    rule("FRSocialSecurityNumber", r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}",
         valid=checksums.nir, alone=CHECKED, digits=14, names="sécurité sociale|sécu|nir|insee|social security"),
    rule("FRTaxIdentificationNumber", r"[0-3]\d ?\d{2} ?\d{3} ?\d{3} ?\d{3}", digits=13,
         valid=lambda n: int(n[:10]) % 511 == int(n[10:]), names="fiscal|spi|impôts|tax"),
    rule("HKIdentityCardNumber", r"[A-Z]{1,2}\d{6}\([0-9A]\)", valid=_hong_kong, alone=CHECKED, mark="(", digits=6,
         names="hkid"),
    rule("HRPersonalIdentificationNumber", r"\d{11}", valid=checksums.iso7064_mod11_10, names="oib", digits=11),
    rule("IEPersonalPublicServiceNumber", r"\d{7}[A-W][A-IW]?", valid=_irish, alone=LIKELY, digits=7,
         names="pps[n]?|personal public service"),
    rule("ILNationalID", r"\d{9}", valid=luhn, names="teudat zehut|ת\\.ז\\.?|תעודת זהות|israeli id", digits=9),
    rule("INPermanentAccount", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", alone=CHECKED, digits=4,
         names="pan|permanent account"),
    rule("INUniqueIdentificationNumber", r"[2-9]\d{3}([ -]?)\d{4}\1\d{4}", valid=checksums.verhoeff, alone=CHECKED,
         separated=True, digits=12, names="aadhaar|aadhar|uidai|uid|आधार"),
    rule("ITFiscalCode", r"[A-Za-z]{6}\d{2}[A-EHLMPRSTa-ehlmprst]\d{2}[A-Za-z]\d{3}[A-Za-z]", alone=CHECKED, digits=7,
         valid=checksums.fiscal_code, names="codice fiscale|c\\.f\\.|fiscal code"),
    rule("ITValueAddedTaxNumber", r"IT ?\d{11}|\d{11}", valid=lambda n: luhn(n[-11:]),
         names="partita iva|p\\.? ?iva|vat", digits=11),
    rule("JPMyNumberPersonal", r"\d{4}[ -]?\d{4}[ -]?\d{4}", valid=_japanese, digits=12,
         names="マイナンバー|個人番号|my number"),
    rule("KRResidentRegistrationNumber", r"\d{6}-[1-8]\d{6}", valid=_korean, alone=CHECKED, mark="-", digits=13,
         names="주민등록번호|주민번호"),
    rule("NLCitizensServiceNumber", r"\d{9}|\d{4}\.\d{2}\.\d{3}", digits=9,
         names="bsn|burgerservicenummer|sofi(?:nummer|-nummer)?|citizen service",
         valid=lambda n: int(n) > 0 and remainder_is(n, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11)),
    rule("NLValueAddedTaxNumber", r"NL\d{9}B\d{2}", alone=CHECKED, mark="NL", digits=11, names="btw|vat"),
    rule("NOIdentityNumber", r"\d{6} ?\d{5}", valid=lambda n: checksums.norwegian(n) and _day_month(n), alone=CHECKED,
         digits=11, names="fødselsnummer|personnummer|f\\.nr\\.?"),
    rule("PLNationalID", r"\d{11}", valid=_pesel, alone=LIKELY, digits=11, names="pesel"),
    rule("PLTaxIdentificationNumber", r"\d{3}-?\d{3}-?\d{2}-?\d{2}", valid=_nip, names="nip|podatkowej", digits=10),
    rule("PTTaxIdentificationNumber", r"[1-35689]\d{2} ?\d{3} ?\d{3}", valid=_portuguese,
         names="nif|contribuinte", digits=9),
    rule("ROPersonalNumericalCode", r"[1-8]\d{12}", valid=_romanian, alone=LIKELY, digits=13,
         names="cnp|cod numeric personal"),
    rule("SENationalID", r"(?:19|20)?\d{6}[-+]\d{4}", valid=_swedish, alone=CHECKED, digits=10,
         names="personnummer|pers\\.?nr\\.?|samordningsnummer"),
    rule("SENationalID", r"(?:19|20)?\d{10}", valid=_swedish, digits=10, names="personnummer|pers\\.?nr\\.?"),
    rule("SGNationalRegistrationIdentityCardNumber", r"[STFG]\d{7}[A-Z]",
         valid=_singaporean, alone=CHECKED, digits=7, names="nric|fin"),
    rule("TWNationalID", r"[A-Z][12]\d{8}", valid=_taiwanese, alone=LIKELY, digits=9, names="身分證|national id"),
    rule("THPopulationIdentificationCode", r"[1-8][ -]?\d{4}[ -]?\d{5}[ -]?\d{2}[ -]?\d", valid=_thai, alone=CHECKED,
         separated=True, digits=13, names="เลขประจำตัวประชาชน|thai id"),
    rule("TRNationalIdentificationNumber", r"[1-9]\d{10}", valid=checksums.turkish, alone=CHECKED, digits=11,
         names="t\\.?c\\.?(?: kimlik)?|kimlik"),
    rule("UKDriversLicenseNumber", r"[A-Z]{1,5}9{0,4}\d[0156]\d(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}\d[A-Z]{2}",
         alone=CHECKED,
         valid=lambda n: len(n) == 16, digits=7, names="driving licen[cs]e|driver['’]?s?['’]? licen[cs]e|dvla"),
    rule("UKNationalHealthNumber", r"\d{3}([ -]?)\d{3}\1\d{4}", valid=_nhs, alone=LIKELY, separated=True, digits=10,
         names="nhs|national health"),
    rule("UKNationalInsuranceNumber",
         r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", alone=CHECKED,
         digits=6, names="ni(?:no| number)?|national insurance|insurance"),
    rule("UKUniqueTaxpayerNumber", r"\d{5} ?\d{5}", named=NAMED, digits=10, names="utr|unique taxpayer"),
    rule("ZAIdentificationNumber", r"\d{13}", valid=_south_african, alone=LIKELY, digits=13,
         names="id(?: number)?|sa id|identity"),
)  # fmt: skip
