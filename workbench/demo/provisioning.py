"""`make demo-provisioning`: a CRM makes somebody a subscriber by XML, and they text the node a second later.

Plays the story on real parts and proves each step. The CRM is nothing but openssl and curl. Exit status 0
only if all was as told.
"""

import asyncio
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from workbench.demo.stage import SUBSCRIBER
from workbench.demo.timeline import Timeline
from workbench.parts.crm.front import PATH
from workbench.parts.crm.node import ProvisioningNode
from workbench.parts.nginx import nginx_tree
from workbench.parts.process import PartError, run
from workbench.parts.smsc.handsets import Smsc
from workbench.parts.usn import SHORT_CODE
from workbench.setup.command import command

NAMESPACE = "urn:usn:provisioning:1"
TERMINAL = "crm-1"
REQUEST = f"""\
<request xmlns="{NAMESPACE}" id="crm-17">
  <create><subscriber><number>{SUBSCRIBER}</number><name>Ann Example</name></subscriber></create>
</request>
"""
LATER = f'<request xmlns="{NAMESPACE}" id="crm-18"><read><number>{SUBSCRIBER}</number></read></request>'
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
ANSWER_PATIENCE = 60.0
RESULT = re.compile(rb'<result code="(\d+)">')
DONE, REVOKED = "1000", "2102"


class Crm:
    """Its machine: a directory with its key, and what it was sent by those who run the node."""

    def __init__(self, place: Path, address: str) -> None:
        place.mkdir()
        self.place = place
        self._url = f"https://{address}{PATH}"

    def make_request(self) -> str:
        """Its key, and the request for a certificate; the command. Raises PartError."""
        files = ("-keyout", f"{TERMINAL}.key", "-out", f"{TERMINAL}.csr")
        command = ("openssl", "req", "-new", *KEY, "-subj", f"/CN={TERMINAL}", *files)
        self._run(command, "")
        return shlex.join(command)

    def post(self, document: str) -> bytes:
        """The answer, as it came. Raises PartError where there is none."""
        files = ("--cacert", "ca.pem", "--cert", f"{TERMINAL}.pem", "--key", f"{TERMINAL}.key")
        body = ("-H", "Content-Type: application/xml", "--data-binary", "@-")
        return self._run(("curl", "-sS", "--max-time", "60", *files, *body, self._url), document)

    def _run(self, command: tuple[str, ...], given: str) -> bytes:
        done = subprocess.run(command, cwd=self.place, input=given.encode(), capture_output=True, check=False)
        if done.returncode != 0:
            raise PartError(f"{command[0]} failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout


async def demo() -> str:
    """Runs the story; its last line. Raises PartError where it fails."""
    nginx_tree()
    smsc = Smsc(time.monotonic)
    await smsc.start()
    try:
        line = Timeline()
        node = ProvisioningNode(smsc_port=smsc.port)
        try:
            crm = await certify(node, line)
            answer = await provision(crm, line)
            await text(node, smsc, line)
            await revoke(node, crm, line)
        finally:
            await node.stop()
    finally:
        await smsc.stop()
    return f"demo ok: a subscriber by XML over mutual TLS, {len(answer)} octets answered twice the same"


async def certify(node: ProvisioningNode, line: Timeline) -> Crm:
    """An authority, the server's certificate, the terminal's; everything is started."""
    front = node.front
    line.tell("the node's operator makes a certificate authority: usnd ca init")
    front.make_authority()
    line.tell("and the server's certificate: usnd ca issue usn --server …")
    front.issue_server()
    crm = Crm(node.home / "crm", front.address)
    line.tell(f"the CRM makes a key and a request for a certificate:\n{'':12}{crm.make_request()}")
    request = ("--request", str(crm.place / f"{TERMINAL}.csr"))
    told = front.command("ca", "issue", TERMINAL, *request, "--out", str(node.home / TERMINAL))
    line.tell(f"the operator signs it: usnd ca issue {TERMINAL} --request {TERMINAL}.csr")
    line.show(told.splitlines()[0].rpartition(": ")[2])
    for name in ("ca.pem", f"{TERMINAL}.pem"):
        (crm.place / name).write_bytes((node.home / TERMINAL / name).read_bytes())
    line.tell("usnd, the provisioning site and nginx are started")
    await node.start_usnd()
    await front.start_site()
    await front.start_nginx()
    rights = ("--operations", "all", "--numbers", "+4477")
    certificate = ("--certificate", str(crm.place / f"{TERMINAL}.pem"))
    front.command("terminal", "designate", TERMINAL, *certificate, *rights)
    line.tell(f"the operator says what it may do: usnd terminal designate {TERMINAL} {' '.join(rights)}")
    return crm


async def provision(crm: Crm, line: Timeline) -> bytes:
    """The request, its answer, and the same again."""
    line.tell("the CRM sends by curl, with its certificate:")
    line.show(REQUEST)
    answer = await asyncio.to_thread(crm.post, REQUEST)
    line.tell("the node answers, and both are committed, the subscriber and the answer:")
    line.show(laid_out(answer))
    expect(answer, DONE)
    again = await asyncio.to_thread(crm.post, REQUEST)
    if again != answer:
        raise PartError(f"the same request was answered differently:\n{again.decode()}")
    line.tell(f"the CRM sends the same request again: the same {len(again)} octets come back, done once")
    return answer


async def text(node: ProvisioningNode, smsc: Smsc, line: Timeline) -> None:
    """The new subscriber asks the node what it can do."""
    await node.bound()
    line.tell(f"the subscriber {SUBSCRIBER} texts: ?")
    status = await smsc.deliver(SUBSCRIBER, SHORT_CODE, "?")
    if status != 0:
        raise PartError(f"the USN refuses the text with SMPP status {status:#x}")
    try:
        answer = await smsc.next_text(SUBSCRIBER, ANSWER_PATIENCE)
    except TimeoutError:
        raise PartError(f"no answer to the text in {ANSWER_PATIENCE:g} s") from None
    if "IC" not in answer.body:
        raise PartError(f"somebody who is a subscriber is answered: {answer.body}")
    line.tell(f"USN answers: {answer.body}")


async def revoke(node: ProvisioningNode, crm: Crm, line: Timeline) -> None:
    """Its certificate counts no more."""
    node.front.command("ca", "revoke", TERMINAL)
    await node.front.published()
    line.tell(f"the operator revokes the certificate: usnd ca revoke {TERMINAL}")
    answer = await asyncio.to_thread(crm.post, LATER)
    line.tell("the CRM asks with it once more, and is refused:")
    line.show(laid_out(answer))
    expect(answer, REVOKED)


def laid_out(answer: bytes) -> str:
    """Each element of the answer on a line; sent it is one."""
    return answer.decode().replace("><", ">\n<")


def expect(answer: bytes, code: str) -> None:
    """Raises PartError where an answer has another code."""
    found = RESULT.search(answer)
    if found is None or found[1].decode() != code:
        raise PartError(f"code {code} was expected, and there came: {answer.decode(errors='replace')}")


def main() -> None:
    """Its last line says that all was as told."""
    print(run(demo()), flush=True)


if __name__ == "__main__":
    sys.exit(command(main, "demo failed"))
