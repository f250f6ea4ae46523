"""What the tests of mail share: an app that knows a kind of mail, its senders, a server that misbehaves on demand."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from sets.mailing.sending import Sender
from tests.mailing import probe
from tests.mailing.scripted import Script, scripted_server


@pytest.fixture
def site(app: Flask) -> Flask:
    """The site, knowing the kind of mail `probe`."""
    return probe.add_probe(app)


@pytest.fixture
def script() -> Iterator[Script]:
    """A server that answers what the test writes."""
    with scripted_server() as server:
        yield server


@pytest.fixture
def sender_to(site: Flask) -> Iterator[Callable[..., Sender]]:
    """Return `sender_to(server)`: a sender of that server; its connections are closed in the end."""
    made: list[Sender] = []

    def make(port: int | None, name: str = "one/0", highest: int | None = None, **config: object) -> Sender:
        if port is not None:
            site.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_USE_TLS=False)
        site.config.update(config)
        made.append(Sender(site, name, highest))
        return made[-1]

    yield make
    for sender in made:
        if sender._transport:
            sender._transport.close()


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return probe_socket.getsockname()[1]
