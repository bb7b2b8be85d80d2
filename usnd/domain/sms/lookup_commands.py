"""The commands that only look: UL, GL, LCx, HELP (REQUIREMENTS S5, S6, S8, S9).

interpreter.py calls it. It changes nothing.
"""

from usnd.domain.directory.lookup import group_named
from usnd.domain.directory.model import Directory, NickMember, holders, spelled
from usnd.domain.directory.similar_names import similar
from usnd.domain.directory.user_search import found_by
from usnd.domain.replies.catalogue import Echo, Reply, Say, reply
from usnd.domain.sms.commands import Help, ListConference, ListGroup, Listing, LookUpUser, Words, written
from usnd.domain.sms.directory_commands import details
from usnd.domain.sms.grammar import COMMAND_WORDS, FORMS


def look(command: Listing, directory: Directory, home_region: str) -> Reply:
    """What is there."""
    match command:
        case LookUpUser(search):
            return _look_up(search, directory, home_region)
        case ListGroup(name):
            return _list_group(name, directory) if name else _list_groups(directory)
        case ListConference(number):  # pragma: no branch - mypy proves the match complete
            return _list_conferences(directory) if number is None else _list_conference(number, directory)


def explain(command: Help) -> Reply:
    """The syntax of a command, or all of them."""
    form = FORMS.get(command.about)
    if form is None:
        return reply(Say.HELP, commands=COMMAND_WORDS)
    return reply(Say.HELP_COMMAND, syntax=form.syntax, explains=form.explains)


def _look_up(search: Words, directory: Directory, home_region: str) -> Reply:
    if not directory.users:
        return reply(Say.NO_USERS, syntax=Say.UC_SYNTAX)
    found = found_by(search, directory.users.values(), home_region)
    if not found:
        likely = similar(search[0], directory, groups=False) if len(search) == 1 else ()
        offers = [written(LookUpUser((nick,))) for nick in likely]
        return reply(Say.NO_USER_FOUND, words=Echo(" ".join(search))).offering(*offers)
    if len(found) > 1:
        users = tuple(f"{user.nick} {details(user)}" for user in found)
        return reply(Say.USERS_FOUND, count=len(found), users=users)
    groups, _ = holders(directory, NickMember(found[0].nick))
    say = Say.USER_FOUND_IN if groups else Say.USER_FOUND
    names = tuple(group.name for group in groups)
    return reply(say, nick=found[0].nick, details=details(found[0]), groups=names)


def _list_group(name: str, directory: Directory) -> Reply:
    group = group_named(name, directory, lambda likely: written(ListGroup(likely)))
    if isinstance(group, Reply):
        return group
    if not group.members:
        return reply(Say.GROUP_EMPTY, name=group.name, syntax=Say.GC_SYNTAX)
    names = tuple(map(spelled, group.members))
    return reply(Say.GROUP_LISTED, name=group.name, count=len(names), names=names)


def _list_groups(directory: Directory) -> Reply:
    if not directory.groups:
        return reply(Say.NO_GROUPS, syntax=Say.GC_SYNTAX)
    names = tuple(group.name for group in directory.groups.values())
    return reply(Say.GROUPS_LISTED, count=len(names), names=names)


def _list_conference(number: int, directory: Directory) -> Reply:
    members = directory.conferences.get(number)
    if not members:
        return no_conference(number, directory)
    names = tuple(map(spelled, members))
    return reply(Say.CONFERENCE_LISTED, number=number, count=len(names), names=names)


def no_conference(number: int, directory: Directory) -> Reply:
    """The conference is not there, or has lost its members: how to define it."""
    say = Say.CONFERENCE_EMPTY if number in directory.conferences else Say.NO_CONFERENCE
    return reply(say, number=number)


def _list_conferences(directory: Directory) -> Reply:
    if not directory.conferences:
        return reply(Say.NO_CONFERENCES, syntax=Say.CCX_SYNTAX)
    return reply(Say.CONFERENCES_LISTED, names=tuple(map(str, sorted(directory.conferences))))
