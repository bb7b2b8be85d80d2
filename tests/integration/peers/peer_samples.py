"""Texts that tell codecs apart: each alphabet, and long ones cut near escapes and surrogate pairs."""

SUBSCRIBER = "+447700900001"
SHORT_CODE = "52272"

GSM = "IC @Mkting £5 è Δ_Ω ÄÖÑÜ§ äöñüà"
GSM_EXTENSION = "IC [Mkting] {all} ~ ^ | \\ 5€"
UCS2 = "Созвать Mkting 😀"
SHORT = [GSM, GSM_EXTENSION, UCS2]

LONG_GSM = "SB Mkting : " + "0123456789" * 30
LONG_EXTENSION = "x" + "€[]" * 120  # two octets each: the cuts would fall inside an escape
LONG_UCS2 = "Ж" + "😀é" * 90  # ... or a surrogate pair
LONG = [LONG_GSM, LONG_EXTENSION, LONG_UCS2]
