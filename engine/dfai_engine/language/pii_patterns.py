"""Rules for accounts, cards, American documents and connection secrets."""

from __future__ import annotations

import re

from dfai_engine.language import checksums
from dfai_engine.language.pii_rules import CHECKED, LIKELY, NAMED, SURE, Rule, rule
from dfai_engine.language.wordlists import words

__all__ = ["RULES"]

# Card networks by first digits and length. Source: ISO/IEC 7812 issuer ranges as published by the networks.
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_CARD_SHAPE = r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}|\d{4}([ -]?)\d{6}\2\d{4,5}|\d{13,19}"
# ISO 3166 countries, for the fifth and sixth letter of a SWIFT code.
_COUNTRIES = words(
    "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CG CH CI CL CM "
    "CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GG GH GI GL GM GN GQ GR GT GW GY "
    "HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV "
    "LY MA MC MD ME MG MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT "
    "PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TW TZ UA UG "
    "US UY UZ VA VC VE VG VI VN VU WS XK YE ZA ZM ZW"
)


def _card(bare: str) -> bool:
    return _CARD.fullmatch(bare) is not None and checksums.luhn(bare)


def _swift(bare: str) -> bool:
    return bare[4:6] in _COUNTRIES


def _iban_length(bare: str) -> int:
    return checksums.IBAN_LENGTHS.get(bare[:2].upper(), len(bare))


RULES: tuple[Rule, ...] = (
    rule("CreditCardNumber", _CARD_SHAPE, valid=_card, alone=CHECKED, digits=13,
         names="cards?|credit|debit|visa|mastercard|amex|american express|discover|diners|jcb|carte|tarjeta|karte|cc"),
    rule("InternationalBankingAccountNumber", r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}(?: ?[A-Z0-9]{1,3})?",
         valid=checksums.iban, cut=_iban_length, alone=CHECKED, digits=8, flags=re.IGNORECASE,
         names="iban|account|konto|compte|cuenta|conto|rekening|bank"),
    rule("SWIFTCode", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", valid=_swift, names="swift|bic|swift code|bic code"),
    rule("ABARoutingNumber", r"\d{9}", valid=checksums.aba, digits=9, names="aba|routing|rtn|transit|wire|ach"),
    rule("USSocialSecurityNumber", r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", alone=LIKELY, named=CHECKED,
         digits=9, names="ssns?|social security|social"),
    rule("USSocialSecurityNumber", r"(?!000|666|9)\d{3}([ .]?)(?!00)\d{2}\1(?!0000)\d{4}", named=CHECKED, digits=9,
         names="ssns?|social security"),
    rule("USIndividualTaxpayerIdentification",
         r"9\d{2}([- ])(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\1\d{4}", alone=LIKELY, named=CHECKED, digits=9,
         names="itins?|taxpayer|individual tax"),
    rule("USIndividualTaxpayerIdentification", r"9\d{2}(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\d{4}", digits=9,
         named=NAMED, names="itins?|taxpayer"),
    rule("USBankAccountNumber", r"\d{8,17}", named=NAMED, digits=8,
         names=r"(?:bank|checking|savings) account|account (?:number|no\.?|#)|acct\.?"),
    rule("USDriversLicenseNumber", r"[A-Z]{1,2}\d{5,13}|[A-Z]\d{3}-\d{4}-\d{4}|\d{7,9}", named=NAMED, digits=5,
         names=r"driver['’]?s?['’]? licen[cs]e|driving licen[cs]e|dl(?: no| number|#)|licen[cs]e number"),
    rule("USUKPassportNumber", r"[A-Z]\d{8}|\d{9}", named=NAMED, digits=8, names="passports?"),
    rule("DrugEnforcementAgencyNumber", r"[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}", valid=checksums.dea, alone=LIKELY,
         digits=7, names="dea|prescriber|drug enforcement"),
    rule("AzureStorageAccountKey", r"AccountKey=[A-Za-z0-9+/]{86}==", alone=CHECKED, mark="="),
    rule("AzureServiceBusString", r"Endpoint=sb://[^\s;]{1,200};[^\s\"']{0,200}SharedAccessKey=[A-Za-z0-9+/=]{20,100}",
         alone=CHECKED, mark="="),
    rule("AzureIoTConnectionString",
         r"HostName=[^\s;]{1,200}\.azure-devices\.net;[^\s\"']{0,200}SharedAccessKey=[A-Za-z0-9+/=]{20,100}",
         alone=CHECKED, mark="="),
    rule("AzureRedisCacheString", r"[\w-]{1,80}\.redis\.cache\.windows\.net:\d{2,5},password=[^\s,;\"']{20,100}",
         alone=CHECKED, mark="="),
    rule("AzureSAS", r"sig=[A-Za-z0-9%+/]{40,100}(?:%3[Dd]|=)", alone=CHECKED, mark="="),
    rule("SQLServerConnectionString",
         r"(?:Server|Data Source)=[^;\n]{1,200};(?:[^;\n]{1,200};){0,6}(?:Password|Pwd)=[^;\s\"']{1,100}",
         alone=CHECKED, mark="=", named=SURE, flags=re.IGNORECASE),
)  # fmt: skip
