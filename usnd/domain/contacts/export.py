"""Whom an export writes: the users of a directory, each with the groups that they are in themselves."""

from dataclasses import dataclass

from usnd.domain.directory.model import Directory, NickMember, User, name_key


@dataclass(frozen=True, slots=True)
class Exported:
    """One user, and the names of the groups."""

    user: User
    groups: tuple[str, ...] = ()


def exported(directory: Directory) -> tuple[Exported, ...]:
    """All of them, by nick. Groups in groups and bare numbers are no contacts, and not among them."""
    groups: dict[str, list[str]] = {}
    for _, group in sorted(directory.groups.items()):
        for member in group.members:
            if isinstance(member, NickMember):
                groups.setdefault(name_key(member.nick), []).append(group.name)
    return tuple(Exported(user, tuple(groups.get(key, ()))) for key, user in sorted(directory.users.items()))
