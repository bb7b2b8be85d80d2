"""A subscriber to begin with."""

import pytest
from subscriber_orders import CREATE, ann_in, asked, codes, ordered

from usnd.domain.directory.model import Subscriber
from usnd.domain.provisioning.codes import Code
from usnd.store.core.transaction import Transaction


@pytest.fixture
def ann(tx: Transaction) -> Subscriber:
    assert codes(ordered(tx, asked(CREATE, language="fr"))) == [Code.DONE]
    return ann_in(tx)
