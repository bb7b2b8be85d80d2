"""What the answers of provisioning hold, in the tables of grammar.py, for the published schema.

answers.py writes them out; `make pages` makes the schema of this; tests hold the two together.
"""

from usnd.domain.provisioning.codes import CATALOGUE
from usnd.domain.subscribers.attributes import ATTRIBUTES, SUSPENDED
from usnd.domain.subscribers.attributes import Attribute as SubscriberAttribute
from usnd.web.provisioning.grammar import NUMBER, REQUEST_ID, TRUTH, Attribute, Content, Element, Value

_TEXT = Value("text", "A text for people.", longest=0)
CODE = Value("code", "What became of it.", words=tuple(str(code.value) for code in CATALOGUE))
_SERVER_ID = Value("serverId", "The id that the node gave a request; its journal has it.", longest=64)
_COUNT = Value("count", "How many.", "0|[1-9][0-9]*", bounds=(0, 2**63 - 1))
_WHEN = Value("when", "A moment in UTC, with Z.", is_time=True)
_XPATH = Value(
    "xpath", "An XPath in the document that was sent; the prefix p stands for this namespace.", longest=0
)


def _told(name: str, says: str, value: Value = _TEXT, *, required: bool = False) -> Element:
    return Element(name, says, value=value, required=required)


def _says(one: SubscriberAttribute) -> str:
    return f"{one.says} {'Always there.' if one.is_always_told else f'Not there: {one.back}'}"


_NUMBER = _told("number", "A telephone number in E.164.", NUMBER, required=True)
_SUBSCRIBER = Element(
    "subscriber",
    "A subscriber as they are now. Some attributes are always there; of the others, what is not there is not "
    "set, and the node's own counts.",
    children=(
        _NUMBER,
        *(_told(one.name, _says(one)) for one in ATTRIBUTES),
        _told(SUSPENDED, "Whether they get no service. Always there.", TRUTH),
    ),
)
_CREDENTIALS = Element(
    "credentials",
    "For the first log-in, which asks for a new password. The node does not have it in clear.",
    children=(_told("login", "Who.", required=True), _told("password", "The secret.", required=True)),
)
_RESULT = Element(
    "result",
    "What became of the request.",
    (Attribute("code", CODE, "For programs: it never changes its meaning.", required=True),),
    children=(
        _told("text", "For people.", required=True),
        _told("at", "Where the document is at fault.", _XPATH),
    ),
    content=Content.ORDER,
    required=True,
)
_IDS = (
    Attribute(
        "request", REQUEST_ID, "The id of the request that is answered. Not there: none could be read."
    ),
    Attribute("server", _SERVER_ID, "Of a repetition, the one of the first time.", required=True),
)
RESPONSE = Element(
    "response",
    "The answer to one request, and to a bulk of which nothing was done.",
    _IDS,
    children=(
        _RESULT,
        _SUBSCRIBER,
        _CREDENTIALS,
        Element(
            "subscribers",
            "A page of them, in the order of their numbers.",
            (Attribute("next", NUMBER, "There are more: list them with this as after."),),
            children=(Element("subscriber", _SUBSCRIBER.says, children=_SUBSCRIBER.children, many=True),),
            content=Content.ORDER,
        ),
        Element(
            "change",
            "The oldest change that others made and was not acknowledged.",
            (
                Attribute("id", _COUNT, "Acknowledge it by this.", required=True),
                Attribute("at", _WHEN, "When it was made.", required=True),
                Attribute(
                    "what",
                    _TEXT,
                    "created, changed, suspended, resumed, deleted or password-reset.",
                    required=True,
                ),
                Attribute("by", _TEXT, "Who made it.", required=True),
            ),
            children=(_NUMBER,),
        ),
        _told("waiting", "How many changes wait, with this one.", _COUNT),
    ),
    content=Content.ORDER,
)
_ROW_ATTRIBUTES = (
    Attribute("n", _COUNT, "Its number in the bulk, from 1.", required=True),
    Attribute("code", CODE, "What became of it.", required=True),
)
BULK_RESPONSE = Element(
    "bulkResponse",
    "The answer to a bulk: rows as they are committed, a lot after the other, then the summary.",
    _IDS,
    children=(
        Element(
            "row",
            "What became of one order.",
            _ROW_ATTRIBUTES,
            children=(
                _told("text", "For people, where there is more to say than the code."),
                _told("at", "Where the row is at fault.", _XPATH),
                _told("number", "Whose order it was.", NUMBER),
                _CREDENTIALS,
            ),
            content=Content.ORDER,
            many=True,
        ),
        Element(
            "summary",
            "The end; it is of all rows, also of those before `from`. With another code than 1000, 1002 and "
            "1003 the bulk was interrupted: send it again, with the same id.",
            (
                Attribute("code", CODE, "Of the bulk. 1003: some or all rows were refused.", required=True),
                Attribute("rows", _COUNT, "How many it has.", required=True),
                Attribute("done", _COUNT, "How many are known to be done.", required=True),
                Attribute("refused", _COUNT, "How many are known to be refused.", required=True),
            ),
            children=(_told("text", "For people.", required=True),),
            required=True,
        ),
    ),
    content=Content.ORDER,
)
