"""The languages of this node (ISO 639-1): those in which it answers, or understands more than English.

A subscriber can be given any of these, the node itself too. Who has another one in the database, from a
former release, is talked to as in English.
"""

from usnd.domain.replies.catalogue import CATALOGUES, DEFAULT_LANGUAGE
from usnd.domain.sms.polite_phrases import JOINING

LANGUAGES = tuple(sorted({DEFAULT_LANGUAGE, *CATALOGUES, *JOINING}))
