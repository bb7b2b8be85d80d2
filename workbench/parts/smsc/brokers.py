"""Redis and RabbitMQ without root, from Debian's packages: what Jasmin keeps its messages in.

Called by jasmin.py. Starts one private instance of each, on loopback. Erlang would leave a port mapper
behind: `epmd` is therefore a process of ours, in the foreground.
"""

import asyncio
import shutil
import socket
from pathlib import Path

from workbench.parts import debian
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import Part, PartError, Process, private_directory, until

SKIP = ("libc6_", "perl", "libperl")  # the host has its own C library; Perl is not used
START_PATIENCE = 60.0


def brokers_tree() -> Path:
    """Both brokers' packages of the host's release, unpacked. Raises DebianError."""
    return debian.tree(debian.host_suite(), ["redis-server", "rabbitmq-server"], skip=SKIP)


class Brokers(Part):
    """`async with` starts both and stops both. RabbitMQ's account is `guest`, as it comes."""

    def __init__(self, tree: Path) -> None:
        self.home = private_directory("usn-brokers-")
        self._ports = PortBlock()
        self.redis_port, self.amqp_port = self._ports.spare(0), self._ports.spare(1)
        environment = debian.libraries(tree)
        erts = next(tree.glob("usr/lib/erlang/erts-*/bin"))
        redis = f"--port {self.redis_port} --bind {HOST} --dir {self.home} --appendonly yes --save".split()
        self._redis = Process(
            [str(tree / "usr/bin/redis-server"), *redis, ""], self.home / "redis.log", environment=environment
        )
        mapper = [str(erts / "epmd"), "-port", str(self._ports.spare(2)), "-address", HOST]
        self._mapper = Process(mapper, self.home / "epmd.log", environment=environment)
        server = next(tree.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
        self._rabbit = Process(
            ["sh", str(server)],
            self.home / "rabbitmq.log",
            environment={**environment, **self._rabbit_environment(tree, erts)},
        )

    def _rabbit_environment(self, tree: Path, erts: Path) -> dict[str, str]:
        # Debian's own `erl` knows /usr/lib/erlang only.
        launcher = self.home / "erl"
        root = tree / "usr/lib/erlang"
        launcher.write_text(
            f"#!/bin/sh\nexport ROOTDIR={root} BINDIR={erts} EMU=beam PROGNAME=erl\n"
            'exec "$BINDIR/erlexec" "$@"\n'
        )
        launcher.chmod(0o700)
        return {
            "PATH": f"{self.home}:/usr/bin:/bin",
            "HOME": str(self.home),  # Erlang's cookie
            "ERL_EPMD_PORT": str(self._ports.spare(2)),
            "ERL_EPMD_ADDRESS": HOST,
            "RABBITMQ_NODENAME": "usn@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self.amqp_port),
            "RABBITMQ_DIST_PORT": str(self._ports.spare(3)),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.home),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self.home / "rabbitmq.pid"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "plugins"),
        }

    async def start(self) -> None:
        """Returns when both take connections. Raises PartError."""
        for process in (self._redis, self._mapper, self._rabbit):
            process.start()
        for port, process in ((self.redis_port, self._redis), (self.amqp_port, self._rabbit)):
            await listening(port, process, START_PATIENCE)

    async def stop(self) -> None:
        """Both, and the port mapper."""
        try:
            for process in (self._rabbit, self._mapper, self._redis):
                await process.stop()
        finally:
            self._ports.close()
            shutil.rmtree(self.home, ignore_errors=True)


async def listening(port: int, process: Process, patience: float) -> None:
    """Waits until somebody takes connections at `port` of loopback. Raises PartError with the log."""

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    await until(lambda: answers() or not process.alive, patience, 0.1)
    if not process.alive or not await asyncio.to_thread(answers):
        raise PartError(f"nobody listens at port {port}:\n{process.tail()}")
