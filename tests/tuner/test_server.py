"""The server talks to its own page alone, and answers what that asks."""

import json
import signal
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest

from convpipe.errors import JobError
from convpipe.tuner.desk import Desk
from convpipe.tuner.sample import Sample

httpx = pytest.importorskip("httpx")


@pytest.fixture
def page(server):
    """A client as the page is: it has the cookie, and says where it comes from."""
    own = f"http://127.0.0.1:{server.port}{server.guard.place}"
    with httpx.Client(base_url=own, follow_redirects=True, timeout=60) as client:
        assert client.get(server.address).status_code == 200
        client.headers["origin"] = f"http://127.0.0.1:{server.port}"
        yield client


def picture(reply):
    (length,) = struct.unpack("<I", reply.content[:4])
    about = json.loads(reply.content[4 : 4 + length])
    pixels = np.frombuffer(reply.content[4 + length :], np.uint8)
    return about, pixels.reshape(about["rows"], about["cols"], -1) if "rows" in about else pixels


def test_the_address_gives_the_token_away_to_a_cookie(server):
    reply = httpx.get(server.address)
    assert (reply.status_code, reply.headers["location"]) == (303, server.guard.place)
    cookie = reply.headers["set-cookie"]
    assert f"Path={server.guard.place};" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert len(server.guard.token) >= 32


@pytest.mark.parametrize(
    "asked",
    [
        *("/", "/main.js", "/api/state", "/?token=wrong", "/?token=", "/api/state?token={token}"),
        *("{place}", "{place}main.js", "{place}api/state", "{place}?token={token}"),
    ],
)
@pytest.mark.parametrize(
    "cookie", [None, "convpipe-{port}=wrong", "other={token}", "convpipe-{port}", "\x7f="]
)
def test_without_the_token_nothing_is_answered(server, asked, cookie):
    known = {"port": server.port, "token": server.guard.token, "place": server.guard.place}
    headers = {} if cookie is None else {"cookie": cookie.format(**known)}
    reply = httpx.get(f"http://127.0.0.1:{server.port}{asked.format(**known)}", headers=headers)
    assert reply.status_code == 403
    assert "token" in reply.text


def test_the_cookie_counts_below_its_path_alone_and_beside_others_of_its_name(server):
    own, guard = f"http://127.0.0.1:{server.port}", server.guard
    headers = {"cookie": f"{guard.cookie}=of another server; {guard.cookie}={guard.token}; a=b"}
    assert httpx.get(f"{own}{guard.place}api/state", headers=headers).status_code == 200
    for path in ("/", "/api/state", guard.place[:-2], f"/x{guard.place}api/state"):
        assert httpx.get(f"{own}{path}", headers=headers).status_code == 403
    assert guard.token not in guard.place


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", "evil.example:{port}", ""]
)
def test_another_host_is_refused(server, page, host):
    reply = page.get("/api/state", headers={"host": host.format(port=server.port)})
    assert reply.status_code == 400
    assert page.get("/api/state", headers={"host": f"localhost:{server.port}"}).status_code in (200, 403)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_is_refused(server, page, method, origin):
    reply = page.request(
        method,
        "/api/state" if method == "GET" else "/api/change",
        headers={"origin": origin.format(port=server.port)},
        json={"op": "undo"},
    )
    assert reply.status_code == 403


def test_a_change_has_to_say_where_it_comes_from(page, session):
    del page.headers["origin"]
    assert page.post("/api/change", json={"op": "switch", "entry": 0}).status_code == 403
    assert page.get("/api/state").status_code == 200
    assert page.get("/api/state", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert page.get("/api/state", headers={"sec-fetch-site": "same-site"}).status_code == 403
    assert not session.is_changed


def test_every_reply_says_what_a_page_may_load(server, page):
    for path in ("/", "/main.js", "/base.css", "/api/state", "/absent"):
        headers = page.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
    assert (
        "default-src 'none'"
        in httpx.get(f"http://127.0.0.1:{server.port}/").headers["content-security-policy"]
    )


def test_it_listens_on_this_machine_alone(server):
    assert server._socket.getsockname()[0] == "127.0.0.1"
    with pytest.raises(JobError, match=f"port {server.port} cannot be had"):
        type(server)(None, server.port)


@pytest.mark.parametrize("body", [b"", b"no", b"[1]", b"1", b"[" * 200_000])
def test_what_is_no_request(page, body):
    assert page.post("/api/change", content=body).status_code == 400
    assert page.post("/api/change", content=b"[" * (2 << 20)).status_code == 413
    assert page.get("/api/change").status_code == 405


@pytest.mark.parametrize(
    "request_",
    [
        {"stage": "a"},
        {"stage": True},
        {"rows": 1.5, "cols": 1, "top": 0, "left": 0},
        {"sample": 2},
        {"sample": "0"},
        {"top": 0, "left": 0, "rows": 1 << 20, "cols": 1 << 20},
        {"change": {"op": "burn"}},
        {"size": [1.5, 2]},
    ],
)
def test_what_cannot_be_shown_is_told(page, request_):
    about, pixels = picture(page.post("/api/picture", json=request_))
    assert about["kind"] == "refused"
    assert about["error"]
    assert not len(pixels)


def test_a_change_comes_back_with_its_picture(page, session):
    change = {"op": "set", "entry": 0, "key": "sigma", "value": 2}
    about, pixels = picture(page.post("/api/picture", json={"stage": 1, "focus": 0, "change": change}))
    assert about["state"]["entries"][0]["values"]["sigma"] == 2
    want = session.pipeline(session.samples[0].shown.pixels)
    np.testing.assert_array_equal(pixels[..., 0], want)
    assert (about["channels"], pixels.shape) == (1, (40, 60, 1))


def test_what_is_older_is_dropped_but_its_change_is_made(session):
    desk = Desk(session)
    desk.ask({"lane": "main", "count": 5})
    change = {"op": "set", "entry": 0, "key": "sigma", "value": 2}
    (length,) = struct.unpack(
        "<I", (reply := desk.picture({"lane": "main", "count": 4, "change": change}))[:4]
    )
    about = json.loads(reply[4 : 4 + length])
    assert about["kind"] == "stale"
    assert len(reply) == 4 + length
    assert about["state"]["entries"][0]["values"]["sigma"] == 2
    assert len(desk.picture({"lane": "other", "count": 4})) > 40 * 60
    assert len(desk.picture({"lane": "main", "count": 5})) > 40 * 60
    desk.worker.shutdown()


def test_numbers_values_and_time(page, session):
    whole = session.pipeline(session.samples[0].shown.pixels)
    made = page.post("/api/values", json={"stage": 1, "top": 3, "left": 4, "rows": 2, "cols": 3}).json()
    np.testing.assert_array_equal(np.array(made["values"])[..., 0], whole[3:5, 4:7])
    counts = page.post("/api/histogram", json={"stage": 1}).json()
    assert sum(counts["counts"][0]) == 2400
    assert page.post("/api/time", json={}).json()["seconds"] > 0
    assert page.get("/api/activity").json() == {"doing": ""}
    assert "stage('edge', 'sobel')" in page.get("/api/python").json()["text"]
    assert any(one["method"] == "median" for one in page.get("/api/catalogue").json())
    small, pixels = picture(page.post("/api/picture", json={"sample": 1, "fit": 20}))
    assert small["step"] == [3, 3]
    assert pixels.shape == (13, 20, 1)


def test_a_name_that_is_no_text(page, session):
    session.samples = (Sample("caf\udce9.png", session.samples[0].read),)
    assert page.get("/api/state").json()["samples"][0]["name"] == "caf\udce9.png"


def test_a_file_that_changed_meanwhile_is_told(page, path, text):
    page.post("/api/change", json={"op": "set", "entry": 0, "key": "sigma", "value": 2})
    path.write_text("other")
    assert page.post("/api/change", json={"op": "save"}).json()["kind"] == "changed"
    assert path.read_text() == "other"
    assert not page.post("/api/change", json={"op": "save", "force": True}).json()["changed"]
    assert path.read_text() == text.replace("1.4", "2")


def test_the_command_prints_its_address_and_ends_at_ctrl_c(tmp_path, path):
    from convpipe import images

    images.write(tmp_path / "a.png", np.zeros((20, 30), np.uint8))
    program = [sys.executable, "-m", "convpipe", "tune", str(path), str(tmp_path / "a.png"), "--no-browser"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        guard = threading.Timer(60, running.kill)
        guard.start()
        address = running.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(address, follow_redirects=True).status_code in (200, 403)
        with httpx.Client(follow_redirects=True, timeout=60) as client:
            assert "<title>convpipe tune</title>" in client.get(address).text
        running.send_signal(signal.SIGINT)
        out, complaints = running.communicate(timeout=30)
        guard.cancel()
    assert (out, complaints) == ("", "")
    assert running.returncode in (0, 130)


def test_help_loads_neither_server_nor_compiler():
    program = (
        "import sys; from convpipe.cli import main\ntry: main(['tune', '--help'])\nexcept SystemExit: pass\n"
    )
    program += "assert not sys.modules.keys() & {'numba', 'starlette', 'uvicorn', 'numpy.testing'}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--no-browser" in done.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["absent.yaml", "a.png"], "cannot be read"),
        (["edges.yaml", "absent.png"], "absent.png: cannot open"),
        (["jobs.yaml", "a.png"], "there are several; the jobs are one, two"),
        (["jobs.yaml", "a.png", "--job", "three"], "there is no 'three'; the jobs are one, two"),
        (["a.png", "edges.yaml"], "comes first"),
        (["edges.yaml"], "IMAGES is missing"),
    ],
)
def test_what_cannot_be_tuned_is_told_before_anything_listens(tmp_path, path, monkeypatch, given, said):
    from click.testing import CliRunner

    from convpipe import images
    from convpipe.cli import main

    monkeypatch.chdir(tmp_path)
    images.write("a.png", np.zeros((20, 30), np.uint8))
    (tmp_path / "jobs.yaml").write_text(
        "jobs: [{name: one, stages: [edge: sobel]}, {name: two, stages: [edge: sobel]}]\n"
    )
    result = CliRunner().invoke(main, ["tune", *given])
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_without_its_extra_it_says_what_to_install(path, monkeypatch, tmp_path):
    from click.testing import CliRunner

    from convpipe.cli import main

    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    monkeypatch.delitem(sys.modules, "convpipe.tuner.server", raising=False)
    result = CliRunner().invoke(main, ["tune", str(path), str(path)])
    assert result.exit_code in (1, 2)
    assert "pip install 'convpipe[tune]'" in result.stderr
