"""Proves a trunk by TLS and SRTP, both ends by the product's pjsip.conf: tones are heard both ways (V1)."""

import subprocess
import time
from datetime import timedelta
from pathlib import Path

from listener import joined, listening, until

from usnd.asterisk.ami import AmiSettings
from usnd.asterisk.calls import Calls, CallSettings
from usnd.asterisk.technology.pjsip import endpoint_of
from usnd.config.pjsip_conf import pjsip_conf
from usnd.config.trunks import TrunkConfig, TrunksConfig
from usnd.domain.network.hosts import Host, OwnAddress
from workbench.demo.tones import RATE, TONES, present
from workbench.parts import process
from workbench.parts.ports import HOST
from workbench.parts.usn import product_dialplan
from workbench.parts.voice.asterisk import Asterisk, asterisk_tree, usn_asterisk
from workbench.parts.voice.switch import Handset, Switch

ANNA, BEN = "+447900000001", "+447900000002"
TRUNK = "secure"


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def certificates(home: Path) -> TrunksConfig:
    """An authority of our own, and one certificate for this address, which both ends show."""
    ca, key, request, cert = (home / name for name in ("ca.pem", "sip.key", "sip.csr", "sip.pem"))
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    subject = ("-subj", "/CN=authority")
    openssl("req", "-x509", *new, "-keyout", home / "ca.key", "-out", ca, "-days", "2", *subject)
    openssl("req", *new, "-keyout", key, "-out", request, "-subj", f"/CN={HOST}")
    names = home / "names"
    names.write_text(f"subjectAltName = IP:{HOST}\n")
    signing = ("-CA", ca, "-CAkey", home / "ca.key", "-CAcreateserial", "-days", "2", "-extfile", names)
    openssl("x509", "-req", "-in", request, "-out", cert, *signing)
    return TrunksConfig(bind=OwnAddress(HOST), certificate=cert, private_key=key, ca=ca)


def secure(at: Asterisk, peer: Asterisk, common: TrunksConfig, context: str) -> None:
    """A trunk from one to the other."""
    own = TrunksConfig(
        bind=OwnAddress(HOST),
        tls_port=at.ports.sip,
        certificate=common.certificate,
        private_key=common.private_key,
        ca=common.ca,
    )
    trunk = TrunkConfig(
        name=TRUNK,
        host=Host(HOST),
        port=peer.ports.sip,
        transport="tls",
        srtp=True,
        codecs=("alaw",),
        qualify=1,
    )
    at.add_files({"pjsip.conf": pjsip_conf([trunk], own).replace("usn-incoming", context)})


def frequencies(switch: Switch, listener: str) -> set[int]:
    return set(present(switch.heard(listener)[-RATE:], [TONES[0], TONES[1]]))


def hear_each_other(switch: Switch) -> bool:
    return TONES[1] in frequencies(switch, ANNA) and TONES[0] in frequencies(switch, BEN)


async def test_speech_goes_both_ways_encrypted(tmp_path: Path) -> None:
    tree = asterisk_tree()
    common = certificates(tmp_path)
    switch, node = Switch(tree), usn_asterisk(tree, 9, product_dialplan())
    secure(switch.asterisk, node, common, "from-usn")
    secure(node, switch.asterisk, common, "usn-incoming")
    news: list[object] = []
    async with switch, node:
        await switch.put(Handset(ANNA, TONES[0]), Handset(BEN, TONES[1]))
        account = node.usnd_account
        settings = AmiSettings(HOST, account.port, account.user, account.secret)
        async with listening(settings) as listener:
            calls = Calls(listener.link, CallSettings(), news.append, time.monotonic)
            listener.on_event = calls.hear
            for call, number in (("usn-1-1", ANNA), ("usn-1-2", BEN)):
                await calls.place(call, number, ANNA, "c1", timedelta(seconds=10), trunk=TRUNK)
            await until(lambda: joined(news) == 2, 15)
            both = await process.until(lambda: hear_each_other(switch), 15, 0.5)
            assert both, (frequencies(switch, ANNA), frequencies(switch, BEN))
            shown = await node.cli("core show channels verbose")
            assert f"PJSIP/{endpoint_of(TRUNK)}" in shown
            secured = await node.act("Getvar", Channel="usn-1-1", Variable="CHANNEL(rtp,secure)")
            assert secured.fields.get("Value") == "1"
