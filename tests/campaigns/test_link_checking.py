"""Links are asked where they lead; this machine, its neighbours and special networks are never knocked at."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sets.campaigns import link_checking
from sets.campaigns.link_checking import check_links, is_public

PUBLIC = "93.184.215.14"
INSIDE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:c0a8:101::1", "::7f00:1", "not an address", "",
]  # fmt: skip


class _Page(BaseHTTPRequestHandler):
    """Answers what its server was told to, and remembers what it was asked."""

    def answer(self) -> None:
        server = self.server
        server.asked.append((self.command, self.headers["Host"], self.path))
        code, target = server.answers.get((self.command, self.path)) or server.answers.get(
            self.path, (404, "")
        )
        if code == 0:
            time.sleep(30 if server.stalls else 0)
        self.send_response(code or 200)
        if target:
            self.send_header("Location", target)
        self.end_headers()

    do_GET = do_HEAD = answer  # noqa: N815  (the names that http.server calls)

    def log_message(self, *_words: object) -> None:
        pass


class Web:
    """A small web: names with their addresses, one server behind all of them, and what was knocked at."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.names: dict[str, list[list[str]]] = {}
        self.knocked: list[str] = []

    def resolve(self, host, _port):
        answers = self.names.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address, port, timeout):
        self.knocked.append(address)
        return socket.create_connection(("127.0.0.1", self.server.server_port), timeout)

    def check(self, *urls, **options):
        return check_links(urls, resolve=self.resolve, connect=self.connect, **options)

    def one(self, url, **options):
        (found,) = self.check(url, **options)
        return found.state, found.code


@pytest.fixture
def web():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    server.daemon_threads = True
    server.answers, server.asked, server.stalls = {"/": (200, "")}, [], True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Web(server)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_never_knocked_at(web, address):
    assert not is_public(address)
    web.names["inside.example"] = [[address]]
    assert web.one("http://inside.example/") == ("inside", None)
    assert web.knocked == []


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_the_open_internet_is_asked(web, address):
    assert is_public(address)
    web.names["open.example"] = [[address]]
    assert web.one("http://open.example/") == ("fine", 200)
    assert web.knocked == [address]


def test_one_inner_address_among_several_is_enough_to_refuse(web):
    web.names["both.example"] = [[PUBLIC, "10.0.0.1"]]
    assert web.one("http://both.example/") == ("inside", None)
    assert web.knocked == []


def test_a_name_that_says_something_else_a_moment_later_changes_nothing(web):
    web.names["turning.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert web.one("http://turning.example/") == ("fine", 200)
    assert web.knocked == [PUBLIC]
    web.knocked.clear()
    web.names["turning.example"] = [[PUBLIC], ["127.0.0.1"]]
    web.server.answers["/a"] = (302, "/b")
    assert web.one("http://turning.example/a") == ("inside", None)
    assert web.knocked == [PUBLIC]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://open.example:8080/",
        "http://u:p@open.example/",
    ],
)
def test_a_redirect_inside_is_not_followed(web, target):
    web.names |= {"localhost": [["127.0.0.1"]], "127.0.0.1": [["127.0.0.1"]], "::1": [["::1"]]}
    web.server.answers["/a"] = (302, target)
    assert web.one("http://open.example/a") == ("inside", None)
    assert len(web.knocked) == 1


def test_redirects_are_followed_three_times_and_no_more(web):
    web.server.answers |= {f"/{n}": (301, f"http://n{n}.example/{n + 1}") for n in range(4)} | {
        "/3": (200, "")
    }
    assert web.one("http://open.example/0") == ("fine", 200)
    web.server.answers["/3"] = (301, "/0")
    assert web.one("http://open.example/0") == ("unknown", None)


@pytest.mark.parametrize(
    "url", ["http://open.example:22/", "http://open.example:8000/", "https://a:b@open.example/"]
)
def test_only_the_doors_of_the_web_are_asked_and_without_a_password(web, url):
    assert web.one(url) == ("inside", None)
    assert web.knocked == []


@pytest.mark.parametrize(
    "url", ["ftp://open.example/", "javascript:alert(1)", "www.open.example", "http://", ""]
)
def test_what_is_no_address_of_the_web_leads_nowhere(web, url):
    assert web.one(url)[0] in ("dead", "unknown")
    assert web.knocked == []


@pytest.mark.parametrize(
    ("code", "state"), [(404, "dead"), (410, "dead"), (500, "dead"), (403, "unknown"), (401, "unknown")]
)
def test_what_the_server_says_is_told(web, code, state):
    web.server.answers["/x"] = (code, "")
    assert web.one("http://open.example/x") == (state, code)


def test_a_server_that_refuses_the_short_question_is_asked_for_the_page(web):
    web.server.answers |= {("HEAD", "/x"): (405, ""), ("GET", "/x"): (200, "")}
    assert web.one("http://open.example/x") == ("fine", 200)
    assert [method for method, _host, _path in web.server.asked] == ["HEAD", "GET"]
    assert web.server.asked[0][1] == "open.example"


def test_a_path_with_accents_and_blanks_is_written_as_the_web_writes_it(web):
    web.server.answers["/caf%C3%A9?a=b%20c"] = (200, "")
    assert web.one("http://open.example/café?a=b c") == ("fine", 200)


def test_a_name_that_does_not_exist_leads_nowhere_and_without_a_network_nobody_knows():
    def nobody(host, _port):
        if host == link_checking.KNOWN_NAME:
            return [PUBLIC]
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    def denies_all(_host, _port):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    def no_network(_host, _port):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    assert check_links(["http://x.example/"], resolve=nobody)[0].state == "dead"
    assert check_links(["http://x.example/"], resolve=denies_all)[0].state == "unknown"
    assert check_links(["http://x.example/"], resolve=no_network)[0].state == "unknown"


def test_a_slow_server_keeps_nobody_waiting(web):
    web.server.answers["/slow"] = (0, "")
    began = time.monotonic()
    found = web.check("http://open.example/slow", "http://open.example/", within=0.5)
    assert [one.state for one in found] == ["unknown", "fine"]
    assert time.monotonic() - began < 2


def test_each_link_is_asked_once_and_ten_at_most(web):
    urls = ["http://open.example/"] * 3 + [f"http://n{n}.example/" for n in range(20)]
    assert len(web.check(*urls)) == link_checking.MOST_LINKS


def test_the_name_is_compared_with_the_certificate(web, monkeypatch):
    seen = []

    class Tls:
        def wrap_socket(self, plain, *, server_hostname):
            seen.append(server_hostname)
            return plain

    monkeypatch.setattr(link_checking.ssl, "create_default_context", Tls)
    assert web.one("https://été.example/") == ("fine", 200)
    assert seen == ["xn--t-9fab.example"]
    assert web.server.asked[0][1] == "xn--t-9fab.example"
