"""How a bulk ends, in the code and the words of its summary.

bulks.py counts, answers.py writes it out. The words are a bulk's own: what is true of a single order, such as
"Nothing was done.", need not be true of a bulk that was interrupted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from usnd.domain.provisioning.codes import Code


class _Rows(Enum):
    """How many of all rows are done; of a check, would be."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


_DONE: Mapping[_Rows, str] = {
    _Rows.ALL: "All rows were done.",
    _Rows.SOME: "Some rows were done, others were refused. Each row has its own code.",
    _Rows.NONE: "All rows were refused; nothing was done. Each row has its own code.",
}
_CHECKED: Mapping[_Rows, str] = {
    _Rows.ALL: "All rows would be done. They were only checked; nothing was done.",
    _Rows.SOME: "Some rows would be done, others would be refused. They were only checked; nothing was done.",
    _Rows.NONE: "All rows would be refused. They were only checked; nothing was done.",
}
_WHY: Mapping[Code, str] = {
    Code.CERTIFICATE_NOT_BELIEVED: "the client certificate has ended",
    Code.CERTIFICATE_REVOKED: "the client certificate was revoked",
    Code.REVOCATION_LIST_ENDED: "the list of revoked certificates cannot be used on this node",
    Code.REQUEST_RUNS: "rows of it are still being done for another request with the same id",
    Code.REQUEST_FAILED: "the database did not take the rows",
    Code.TOO_MANY_REQUESTS: "the service has too much to do",
    Code.NOT_ACTIVE: "the service stopped, or is not active here",
    Code.NO_ANSWER_IN_TIME: "the service did not answer in time",
}
"""Why a bulk is interrupted. With any other code it was a fault of the node."""
_REST = (
    "What is counted here stays so; other rows may have been done. "
    "Send the same bulk again, with the same id."
)
_REST_OF_CHECK = "They were only checked; nothing was done. Send the same bulk again."


@dataclass(frozen=True, slots=True)
class BulkEnd:
    """rows: of the whole bulk. done, refused: of which it is known. interrupted: why; None: it was not."""

    rows: int
    done: int
    refused: int
    check: bool
    interrupted: Code | None = None

    @property
    def code(self) -> Code:
        """Of the whole bulk."""
        if self.interrupted is not None:
            return self.interrupted
        if self.refused:
            return Code.DONE_IN_PART
        return Code.WOULD_BE_DONE if self.check else Code.DONE

    @property
    def text(self) -> str:
        """For people."""
        if self.interrupted is not None:
            why = _WHY.get(self.interrupted, "there was a fault of the node")
            known = f"{self.done + self.refused} of {self.rows} rows"
            return f"Interrupted after {known}: {why}. {_REST_OF_CHECK if self.check else _REST}"
        rows = _Rows.ALL if not self.refused else _Rows.SOME if self.done else _Rows.NONE
        return (_CHECKED if self.check else _DONE)[rows]
