"""What a terminal may write on the wire: the bounds of an order, which no reader has to check again."""

import msgspec
import pytest
from crm.orders import order

from usnd.domain.provisioning.requests import ProvisioningOrder

GOOD = msgspec.to_builtins(order("a"))


def test_an_order_crosses_the_wire_as_it_is() -> None:
    assert msgspec.convert(GOOD, ProvisioningOrder) == order("a")


@pytest.mark.parametrize(
    "wrong",
    [
        {"request": ""},
        {"request": "a b"},
        {"request": "a" * 65},
        {"digest": "a" * 63},
        {"digest": "G" * 64},
        {"row": -1},
        {"serial": "1" * 65},
        {"issuer": "x" * 1025},
        {"server": ""},
        {"sudo": True},
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(GOOD | wrong, ProvisioningOrder)
