"""What the journal says of conferences: one line a transition.

conferences.py calls it. The words, and what is in a line, are here.
"""

from structlog.typing import FilteringBoundLogger

from usnd.domain.conference.call_plan import changed_calls
from usnd.domain.conference.model import Conference


def tell_calls(journal: FilteringBoundLogger, before: Conference, after: Conference) -> None:
    """Of its calls, as they are heard of."""
    for was, call in changed_calls(before, after):
        if was is None or was.state is not call.state:
            journal.info(
                f"call {call.state.value}",
                conference=after.id,
                call=call.id,
                number=call.number,
                trunk=call.trunk or None,
                outcome=call.outcome.value if call.outcome else None,
                cause=call.cause,
            )


def is_told(before: Conference, after: Conference) -> bool:
    """Whether `tell_committed` has anything to say of it."""
    return after.state is not before.state or after.recording_parts is not before.recording_parts


def tell_committed(journal: FilteringBoundLogger, before: Conference, after: Conference) -> None:
    """Of its recordings, and that it is in another state: once that is committed."""
    if after.recording_parts is not before.recording_parts:
        for part in after.recording_parts:
            if part not in before.recording_parts:
                journal.info(f"recording {part.state.value}", conference=after.id, part=part.number)
    if after.state is not before.state:
        reason = after.end_reason.value if after.end_reason else None
        journal.info(f"conference {after.state.value}", conference=after.id, reason=reason)
