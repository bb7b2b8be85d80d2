"""What every request on the control socket has: version 2 of its lines.

A field that is not known is refused: a misspelt one would be a wish that is not heard. The version changes
when a request does.
"""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from usnd.control.rights import Right

VERSION = 2
Word = Annotated[str, Meta(min_length=1, max_length=64)]
ConferenceId = Annotated[int, Meta(ge=1)]


class ControlRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do"):
    version: int = VERSION
    needs: ClassVar[Right] = Right.CONTROL
    told: ClassVar[bool] = True
    """Whether the server writes it into the journal."""
