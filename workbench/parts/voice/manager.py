"""One action to an Asterisk manager interface, by its own short connection.

Called by voice/asterisk.py for what the workbench itself asks of its parts. The product's own client is
elsewhere and is what is tested.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.parts.ports import HOST
from workbench.parts.process import PartError

PATIENCE = 30.0


@dataclass(frozen=True)
class Account:
    """Where a manager interface listens and who may use it."""

    port: int
    user: str
    secret: str
    host: str = HOST


@dataclass(frozen=True)
class Answer:
    """The response to one action; `output` is what a CLI command printed."""

    fields: Mapping[str, str]
    output: str

    @property
    def good(self) -> bool:
        """Whether the action was done."""
        return self.fields.get("Response") in {"Success", "Goodbye"}


async def act(account: Account, action: str, fields: Mapping[str, str], patience: float = PATIENCE) -> Answer:
    """Logs in, does one action and leaves.

    Raises PartError when refused at log-in, silent for `patience` seconds or not there.
    """
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(account.host, account.port)
            try:
                await reader.readline()  # the banner
                login = {"Username": account.user, "Secret": account.secret, "Events": "off"}
                if not (await _exchange(reader, writer, "Login", login)).good:
                    raise PartError(f"the manager interface refuses {account.user}")
                return await _exchange(reader, writer, action, fields)
            finally:
                writer.close()
                await writer.wait_closed()
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
        raise PartError(f"no answer to {action} from the manager interface: {error!r}") from error


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, action: str, fields: Mapping[str, str]
) -> Answer:
    lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    while True:
        text = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
        pairs = [line.partition(": ")[::2] for line in text.splitlines() if line]
        if pairs[0][0] == "Response":
            output = "\n".join(value for name, value in pairs if name == "Output")
            return Answer(dict(pairs), output)
