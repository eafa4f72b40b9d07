"""A page of this machine is given to its person alone, and takes what its own script posts."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tasks.benchmark.page_server import BODY_BYTES, HOST, PageServer, page_server
from tasks.domain.errors import FlywheelError, InvalidInput
from tests.faults.hostile_page import REQUESTS, Page

Asked = Callable[..., tuple[int, str]]


def double(body: Any) -> object:
    if not isinstance(body, int):
        raise FlywheelError("Expected a number.")
    return {"double": 2 * body}


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer(lambda: "<p>page</p>", {"double": double}) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def ask(server: PageServer) -> Asked:
    """Send a request as the page does by default; return status and answer."""
    host, _ = server.hosts

    def send(method: str, path: str, body: str | None = None, **changed: str) -> tuple[int, str]:
        headers = {"Host": host}
        if method == "POST":
            headers |= {"Origin": f"http://{host}", "Content-Type": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        connection = http.client.HTTPConnection(HOST, server.server_port, timeout=300)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, content

    return send


def test_the_page_is_given_at_its_address_and_not_kept_by_the_browser(server: PageServer) -> None:
    connection = http.client.HTTPConnection(HOST, server.server_port)
    connection.request("GET", f"/{server.token}/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"<p>page</p>")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    connection.close()


def test_it_accepts_connections_of_this_machine_alone(server: PageServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.url.startswith("http://127.0.0.1:")


def test_an_answer_is_given_to_what_the_page_posts(server: PageServer, ask: Asked) -> None:
    assert ask("POST", f"/{server.token}/double", "21") == (200, '{"double": 42}')


def test_a_fault_is_its_sentence(server: PageServer, ask: Asked) -> None:
    status, content = ask("POST", f"/{server.token}/double", '"x"')
    assert (status, json.loads(content)) == (422, {"error": "Expected a number."})


def test_a_page_has_scripts_beside_it_and_posts_as_large_as_it_needs() -> None:
    scripts, double_of = {"more.js": "let more;"}, {"double": double}
    with page_server(lambda: "", double_of, 0, scripts=scripts, body_bytes=2) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        origin = {"Origin": f"http://{server.hosts[0]}", "Content-Type": "application/json"}
        answers = []
        for method, name, body in [
            ("GET", "more.js", ""),
            *[("POST", "double", n) for n in ("21", "210")],
        ]:
            connection = http.client.HTTPConnection(HOST, server.server_port, timeout=300)
            connection.request(method, f"/{server.token}/{name}", body, origin)
            answer = connection.getresponse()
            answers.append((answer.status, answer.headers.get_content_type(), answer.read()))
            connection.close()
        server.shutdown()
        thread.join()
    assert answers[0] == (200, "text/javascript", b"let more;")
    assert answers[1] == (200, "application/json", b'{"double": 42}')
    assert answers[2][0] == 413


def test_a_port_that_is_taken_is_a_fault_of_the_flag(server: PageServer) -> None:
    with (
        pytest.raises(InvalidInput, match="--port: expected a free port"),
        page_server(lambda: "", {}, server.server_port),
    ):
        pass


def test_a_page_that_cannot_be_made_names_the_reason() -> None:
    def broken() -> str:
        raise FlywheelError("terms.csv is gone")

    with PageServer(broken, {}) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        connection = http.client.HTTPConnection(HOST, server.server_port, timeout=300)
        connection.request("GET", f"/{server.token}/")
        assert "terms.csv is gone" in connection.getresponse().read().decode()
        connection.close()
        thread.join()


@pytest.mark.parametrize("path", ["/", "/double", "/wrong/", "/wrong/double", "//", "/%00/"])
def test_without_the_token_there_is_nothing(ask: Asked, path: str) -> None:
    assert ask("GET", path)[0] == 404
    assert ask("POST", path, "1")[0] == 404


def test_with_the_token_only_what_there_is_is_found(server: PageServer, ask: Asked) -> None:
    assert ask("GET", f"/{server.token}/double")[0] == 404
    assert ask("POST", f"/{server.token}/other", "1")[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
def test_another_host_name_is_refused(server: PageServer, ask: Asked, host: str) -> None:
    """A name that somebody lets point at this machine (DNS rebinding)."""
    assert ask("GET", f"/{server.token}/", Host=host)[0] == 403


def test_the_page_may_be_opened_by_the_name_localhost(server: PageServer, ask: Asked) -> None:
    name = f"localhost:{server.server_port}"
    path = f"/{server.token}/double"
    assert ask("POST", path, "1", Host=name, Origin=f"http://{name}")[0] == 200


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Length": "many"}, 411),
        ({"Content_Length": str(BODY_BYTES + 1)}, 413),
    ],
)
def test_what_another_page_could_post_is_refused(
    server: PageServer, ask: Asked, changed: dict[str, str], status: int
) -> None:
    assert ask("POST", f"/{server.token}/double", "1", **changed)[0] == status


@pytest.mark.parametrize("body", ["{", "", "[" * 10_000])
def test_what_is_no_json_is_refused(server: PageServer, ask: Asked, body: str) -> None:
    assert ask("POST", f"/{server.token}/double", body)[0] == 400


def test_other_methods_are_not_known(server: PageServer, ask: Asked) -> None:
    assert ask("DELETE", f"/{server.token}/")[0] == 501


def test_a_browser_that_goes_away_leaves_no_trace(
    server: PageServer, ask: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection((HOST, server.server_port)) as gone:
        gone.sendall(b"POST /x HTTP/1.1\r\n")
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert ask("GET", f"/{server.token}/")[0] == 200
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def hasty() -> Iterator[PageServer]:
    """A server that waits half a second for a request."""
    with PageServer(lambda: "page", {"decide": double}, read_seconds=0.5) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize("attack", REQUESTS.values(), ids=REQUESTS)
def test_a_hostile_request_is_refused_or_cut_off_and_the_page_is_there(
    hasty: PageServer, attack: Callable[[Page], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a time for the whole of a request, one that drips would be read for hours."""
    status = attack(Page(hasty.server_port, hasty.token))
    assert status == 0 or 400 <= status < 600
    connection = http.client.HTTPConnection(HOST, hasty.server_port)
    connection.request("GET", f"/{hasty.token}/")
    assert connection.getresponse().read() == b"page"
    connection.close()
    assert capfd.readouterr() == ("", "")
