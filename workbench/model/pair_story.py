"""How the worlds of a walk are told to a reader: a world in one line."""

from workbench.model.pair_world import Node, Run, World


def told(world: World) -> str:
    """A world in one line."""
    shared = [name for name in ("cross", "gateway", "consoles") if not getattr(world, name)]
    shared += [name for name in ("hearing",) if world.deaf] + [
        name for name in ("one network",) if world.split
    ]
    return " | ".join([*map(_told, world.nodes), "without " + ", ".join(shared) if shared else "all up"])


def _told(node: Node) -> str:
    memory = node.memory
    state = node.run.value if memory is None or node.run is not Run.UP else memory.state.value
    record = node.record
    role = f"{record.last_role.value} {record.grant.epoch}.{record.grant.pairing}"
    said = [state, role, node.database.value]
    marks = {
        "own": node.own, "slow console": node.shown is not None, "unable": node.unable,
        "leaving": node.leaving, "outage": node.outage, "waits": node.synchronous, "serving": node.serving,
        "has all": node.has_all, "no bond": not node.lan,
        "no console": not node.console, "ill": node.ill, "stuck": node.stuck, "full": not node.disk,
    }  # fmt: skip
    said += [mark for mark, so in marks.items() if so]
    if memory is not None and memory.grant is not None:
        said.append(f"grant {memory.grant.epoch}.{memory.grant.pairing}")
    return ", ".join(said)
