"""What the Envoys of deploy/ let in, keep out and hold, in front of a real Milvus Lite: each file as it ships, with this machine's
ports. Where a shipped time would be minutes of waiting the test shortens it, and tests/test_deploy.py holds what ships."""

import base64
import http.client
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import sys
import threading
import time
import unittest

import grpc

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from servers import Servers, answers, end, free_port, let_in, signal_group  # noqa: E402

SERVICE = "/milvus.proto.milvus.MilvusService/"
PAGE = "http://127.0.0.1:8000"
KEY = base64.b64encode(b"alice:right").decode()
# of gRPC
UNKNOWN, PERMISSION_DENIED, UNAVAILABLE, UNAUTHENTICATED = "2", "7", "14", "16"

servers = Servers()
lite = None


def setUpModule():
    global lite
    unittest.addModuleCleanup(servers.stop)
    lite = servers.lite()
    servers.ready("lite", answers(lite), 60)


def manager(config):
    return config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def envoy(name, config="envoy.yaml", change=None, upstream=None, origins=()):
    """An Envoy that is up: its port is open once Milvus's health is known."""
    port = servers.envoy(name, upstream or lite, config=config, change=change, origins=origins)
    servers.ready(name, lambda: socket.create_connection(("127.0.0.1", port)).close(), 20)
    return port


def tls(alpn=("http/1.1",)):
    context = ssl.create_default_context(cafile=servers.certificate() / "cert.pem")
    context.set_alpn_protocols(alpn)
    return context


def ask(port, method, body=bytes(5), headers=None, verb="POST", path=None, source=None, context=None):
    """A request as the kernel's page makes it: the status, the headers and the body."""
    place = {"timeout": 20, "source_address": source and (source, 0)}
    if context:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, **place)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, **place)
    sent = {"origin": PAGE, "content-type": "application/grpc-web+proto", "x-grpc-web": "1", **(headers or {})}
    sent = {name: value for name, value in sent.items() if value is not None}
    try:
        connection.request(verb, path or SERVICE + method, body, sent)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


def preflight(port, origin, path=SERVICE + "Search"):
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,authorization"}
    return ask(port, "", None, {"origin": origin, "content-type": None, "x-grpc-web": None, **wanted}, "OPTIONS", path)


def reached(headers):
    """Whether an answer came from Milvus, and not from Envoy itself."""
    return "x-envoy-upstream-service-time" in headers


def half_sent(port, head=None, body=b"\0" + (999_995).to_bytes(4, "big") + bytes(999_000)):
    """A connection that promises more than it sends: a message of which Milvus would await the rest."""
    head = head or f"POST {SERVICE}Search HTTP/1.1\r\nhost: 127.0.0.1\r\norigin: {PAGE}\r\n" + (
        "content-type: application/grpc-web+proto\r\ncontent-length: 1000000\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(head.encode() + body)
    return connection


def methods():
    """The table of methods: each with what it does."""
    table = (ROOT / "proto" / "src" / "methods.rs").read_text()
    found = re.findall(r"^    (\w+): (Plan|Read|Write) \d \d ", table, re.MULTILINE)
    assert len(found) > 80, len(found)
    return found


class Readonly(unittest.TestCase):
    """Methods, paths and bodies before the public demo."""

    @classmethod
    def setUpClass(cls):
        cls.port = envoy("readonly", "envoy-readonly.yaml")

    def refused(self, *args, **kwargs):
        status, headers, _ = ask(self.port, *args, **kwargs)
        self.assertFalse(reached(headers), args)
        return status, headers

    def test_every_method_that_reads_reaches_milvus_and_no_other(self):
        private = {"ListCredUsers", "ListPrivilegeGroups", "SelectGrant", "SelectRole", "SelectUser"}
        for method, effect in methods():
            with self.subTest(method):
                status, headers, _ = ask(self.port, method)
                if effect == "Write" or method in private:
                    self.assertEqual((status, headers["grpc-status"]), (403, PERMISSION_DENIED))
                    self.assertFalse(reached(headers))
                    # so that the page is told, and not only that something failed
                    self.assertEqual(headers["access-control-allow-origin"], PAGE)
                else:
                    self.assertEqual(status, 200)
                    self.assertTrue(reached(headers))

    def test_no_way_of_writing_a_path_leads_to_a_write(self):
        for path in (
            SERVICE + "Insert",
            SERVICE + "Search/../Insert",
            SERVICE + "./Insert",
            "/" + SERVICE + "Insert",
            SERVICE + "/Insert",
            SERVICE + "%49nsert",
            SERVICE + "Search/%2e%2e/Insert",
            SERVICE + "Search%2f..%2fInsert",
            SERVICE + "Search%5c..%5cInsert",
            SERVICE + "Search;/../Insert",
            SERVICE + "Insert?x=/Search",
            SERVICE + "Search?x=1",
            SERVICE + "Search/",
            SERVICE + "insert",
            SERVICE,
            "/milvusXproto.milvus.MilvusService/Search",
            "/grpc.health.v1.Health/Check",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "/",
        ):
            with self.subTest(path):
                status, _ = self.refused("", path=path)
                # a path that Envoy would write otherwise is sent back to be written so, or refused
                self.assertIn(status, (307, 400, 403, 404))

    def test_a_read_by_a_crooked_path_is_the_read(self):
        for path in (SERVICE + "Insert/../GetVersion", "/" + SERVICE + "GetVersion", SERVICE + "%47etVersion"):
            with self.subTest(path):
                status, headers, _ = ask(self.port, "", path=path)
                self.assertEqual((status, reached(headers)), (200, True))

    def test_other_verbs_and_types_are_refused(self):
        for verb in ("GET", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"):
            with self.subTest(verb):
                self.assertEqual(self.refused("Search", verb=verb)[0], 404)
        # what a page may send without a preflight
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None):
            with self.subTest(kind):
                self.assertEqual(self.refused("Search", headers={"content-type": kind})[0], 404)

    def test_only_the_pages_named_may_call(self):
        for origin in (PAGE, "http://localhost:8000"):
            status, headers, _ = preflight(self.port, origin)
            self.assertEqual((status, headers["access-control-allow-origin"]), (200, origin))
            allowed = headers["access-control-allow-headers"].split(", ")
            for name in ("content-type", "x-grpc-web", "grpc-timeout", "authorization", "dbname"):
                self.assertIn(name, allowed)
        for origin in ("http://evil.example", "null", PAGE + "0", "https://127.0.0.1:8000", PAGE + ".evil.example"):
            with self.subTest(origin):
                for status, headers, _ in (
                    preflight(self.port, origin),
                    ask(self.port, "GetVersion", headers={"origin": origin}),
                ):
                    self.assertNotIn("access-control-allow-origin", headers)
                # nor does a preflight go on to Milvus
                self.assertFalse(reached(preflight(self.port, origin)[1]))

    def test_it_answers_to_its_own_names_alone(self):
        for name in ("evil.example", "127.0.0.1.evil.example", "milvus"):
            self.assertEqual(self.refused("GetVersion", headers={"host": name})[0], 421)
        self.assertEqual(ask(self.port, "GetVersion", headers={"host": "localhost:1"})[0], 200)

    def test_a_large_body_is_refused_and_the_page_is_told(self):
        status, headers = self.refused("Search", body=bytes(1024 * 1024 + 1))
        # the words by which the kernel knows it, as for 408 below
        self.assertEqual((status, headers["grpc-status"], headers["grpc-message"]), (413, UNKNOWN, "Payload Too Large"))
        self.assertEqual(headers["access-control-allow-origin"], PAGE)
        status, headers, _ = ask(self.port, "Search", body=bytes(1024 * 1024))
        self.assertTrue(reached(headers))

    def test_headers_beyond_measure_are_refused(self):
        self.assertEqual(self.refused("GetVersion", headers={"x-long": "x" * 20_000})[0], 431)
        self.assertEqual(self.refused("GetVersion", headers={f"x-{n}": "x" for n in range(200)})[0], 431)


class Slow(unittest.TestCase):
    """Those who send slowly, much, or often, and the others meanwhile."""

    def test_two_hundred_half_sent_requests_keep_nobody_waiting_and_end(self):
        def shorter(config):
            manager(config).update(request_timeout="4s", request_headers_timeout="4s")

        for name in ("envoy.yaml", "envoy-readonly.yaml"):
            with self.subTest(name):
                port = envoy("slow-" + name, name, shorter)
                held = [half_sent(port) for _ in range(150)]
                held += [half_sent(port, f"POST {SERVICE}Search HTTP/1.1\r\nhost:", b"") for _ in range(50)]
                for _ in range(10):
                    asked = time.monotonic()
                    self.assertEqual(ask(port, "ShowCollections")[0], 200)
                    self.assertLess(time.monotonic() - asked, 2)
                self.assertEqual(select.select(held, [], [], 0)[0], [], "all this while they were held")
                for number, connection in enumerate(held):
                    reply = recv_all(connection)
                    self.assertIn(b" 408 ", reply)
                    if number < 150:
                        # a page is told of it
                        self.assertIn(f"access-control-allow-origin: {PAGE}".encode(), reply)
                        self.assertIn(b"grpc-message: request timeout", reply)

    def test_an_answer_may_take_longer_than_a_request(self):
        def shorter(config):
            manager(config).update(request_timeout="1s", request_headers_timeout="1s", stream_idle_timeout="1s")

        port = envoy("patient", change=shorter)
        _, process = next(known for known in servers.processes if known[0] == "lite")
        signal_group(process, signal.SIGSTOP)
        try:
            started = time.monotonic()
            call = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            call.request("POST", SERVICE + "GetVersion", bytes(5), {"content-type": "application/grpc-web+proto"})
            time.sleep(2.5)
        finally:
            signal_group(process, signal.SIGCONT)
        reply = call.getresponse()
        self.assertEqual(reply.status, 200)
        self.assertIn(b"grpc-status:0", reply.read())
        self.assertGreater(time.monotonic() - started, 2.5)

    def test_what_is_kept_of_half_sent_bodies_is_bounded(self):
        limit = 192 * 1024 * 1024

        def smaller(config):
            config["overload_manager"]["resource_monitors"][0]["typed_config"]["max_heap_size_bytes"] = limit

        port = envoy("heap", change=smaller)
        ended = threading.Event()

        def much():
            for _ in range(50):
                yield bytes(1024 * 1024)
            ended.wait(20)

        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            calls = [channel.stream_unary(SERVICE + "Insert").future(much()) for _ in range(10)]
            # 500 MB are on the way; those that hold the most go, or Envoy would hold it all
            eventually(lambda: self.assertTrue(any(call.done() for call in calls)), 10)
            self.assertLess(memory("heap"), 2 * limit)
            eventually(lambda: self.assertEqual(ask(port, "ShowCollections")[0], 200), 5)
            ended.set()
            for call in calls:
                call.cancel()

    def test_an_insert_as_large_as_milvus_takes_passes(self):
        port = envoy("large")
        most = 64 * 1024 * 1024
        status, headers, _ = ask(port, "Insert", body=b"\0" + most.to_bytes(4, "big") + bytes(most))
        self.assertEqual((status, reached(headers)), (200, True))
        status, headers, _ = ask(port, "Insert", body=bytes(most + 1025))
        self.assertEqual((status, reached(headers)), (413, False))
        self.assertEqual(headers["access-control-allow-origin"], PAGE)

    def test_who_asks_too_often_is_told_so_and_the_others_are_answered(self):
        def fewer(config):
            limits = next(f for f in manager(config)["http_filters"] if f["name"] == "envoy.filters.http.local_ratelimit")
            limits["typed_config"]["descriptors"][0]["token_bucket"].update(max_tokens=100, tokens_per_fill=10)

        port = envoy("often", "envoy-readonly.yaml", fewer)
        for count in range(1000):
            status, headers, _ = ask(port, "Insert")
            if status == 429:
                break
            # those that are refused anyhow count as well
            self.assertEqual(status, 403)
        self.assertGreaterEqual(count, 100)
        # of gRPC-Web Envoy's word is the HTTP status, of gRPC it is gRPC's own
        self.assertEqual((headers["grpc-status"], headers["grpc-message"]), (UNAVAILABLE, "local_rate_limited"))
        self.assertEqual(headers["access-control-allow-origin"], PAGE)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            statuses = [channel.unary_unary(SERVICE + "Insert").future(b"").code() for _ in range(50)]
        self.assertIn(grpc.StatusCode.RESOURCE_EXHAUSTED, statuses)
        self.assertEqual(ask(port, "GetVersion", source="127.0.0.2")[0], 200)
        eventually(lambda: self.assertEqual(ask(port, "GetVersion")[0], 200), 3)

    def test_connections_are_counted(self):
        port = envoy("counted", change=lambda config: limit_connections(config, 50))
        held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(50)]
        self.assertEqual(recv_all(socket.create_connection(("127.0.0.1", port), timeout=5)), b"")
        held.pop().close()
        eventually(lambda: self.assertEqual(ask(port, "GetVersion")[0], 200), 5)

    def test_streams_of_a_connection_are_counted(self):
        port = envoy("streams")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
            frame = connection.recv(65536)
        length = int.from_bytes(frame[:3], "big")
        self.assertEqual(frame[3], 4, "SETTINGS")
        settings = {frame[at + 1]: int.from_bytes(frame[at + 2 : at + 6], "big") for at in range(9, 9 + length, 6)}
        # MAX_CONCURRENT_STREAMS
        self.assertEqual(settings[3], 100)


class Down(unittest.TestCase):
    def test_while_milvus_is_away_the_page_is_told_at_once(self):
        def quicker(config):
            cluster = config["static_resources"]["clusters"][0]
            cluster["health_checks"][0].update(timeout="0.5s", interval="0.5s", no_traffic_healthy_interval="0.5s")

        upstream = free_port()
        port = envoy("down", change=quicker, upstream=upstream)
        asked = time.monotonic()
        status, headers, _ = ask(port, "GetVersion")
        self.assertLess(time.monotonic() - asked, 1)
        self.assertEqual((status, headers["grpc-status"]), (503, UNAVAILABLE))
        self.assertEqual(headers["access-control-allow-origin"], PAGE)
        self.assertIn("no healthy upstream", headers["grpc-message"])
        servers.lite(servers.folder / "second", upstream, "second")
        servers.ready("second", answers(upstream), 60)
        eventually(lambda: self.assertEqual(ask(port, "GetVersion")[0], 200), 5)
        # one that hangs, which no connection tells
        _, process = next(known for known in servers.processes if known[0] == "second")
        signal_group(process, signal.SIGSTOP)
        eventually(lambda: self.assertIn("no healthy upstream", ask_for(port, 0.5)), 10)
        signal_group(process, signal.SIGCONT)
        eventually(lambda: self.assertEqual(ask(port, "GetVersion")[0], 200), 5)
        end(process)


class Tls(unittest.TestCase):
    def test_browsers_and_grpc_come_by_tls_and_nothing_else(self):
        port = envoy("tls", "envoy-tls.yaml", origins=[PAGE])
        with socket.create_connection(("127.0.0.1", port)) as plain:
            with tls(("h2", "http/1.1")).wrap_socket(plain, server_hostname="localhost") as secure:
                self.assertEqual(secure.selected_alpn_protocol(), "h2")
                self.assertIn(secure.version(), ("TLSv1.2", "TLSv1.3"))
        status, headers, body = ask(port, "GetVersion", context=tls())
        self.assertEqual((status, headers["access-control-allow-origin"]), (200, PAGE))
        self.assertIn(b"milvus_lite", body)
        credentials = grpc.ssl_channel_credentials((servers.certificate() / "cert.pem").read_bytes())
        with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
            self.assertIn(b"milvus_lite", channel.unary_unary(SERVICE + "GetVersion")(b"", timeout=5))
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(port, "GetVersion")
        old = tls()
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            ask(port, "GetVersion", context=old)


class Keys(unittest.TestCase):
    def test_who_has_a_key_comes_in_and_nobody_else(self):
        port = envoy("keys", "envoy-auth.yaml", lambda config: let_in(config, KEY), origins=[PAGE])
        # as the kernel and pymilvus send it; a page asks first, without it
        status, headers, body = ask(port, "GetVersion", headers={"authorization": KEY}, context=tls())
        self.assertEqual(status, 200)
        self.assertIn(b"milvus_lite", body)
        for authorization in (None, "", "wrong", KEY[:-1], KEY + "x", KEY.lower(), "alice:right", "Bearer " + KEY, KEY + "," + KEY):
            with self.subTest(authorization):
                status, headers, _ = ask(port, "GetVersion", headers={"authorization": authorization}, context=tls())
                self.assertEqual((status, headers["grpc-status"]), (401, UNAUTHENTICATED))
                self.assertFalse(reached(headers))
                self.assertEqual(headers["access-control-allow-origin"], PAGE)

        from pymilvus import MilvusClient, MilvusException

        pem = str(servers.certificate() / "cert.pem")
        client = MilvusClient(uri=f"https://localhost:{port}", token="alice:right", server_pem_path=pem)
        self.assertEqual(client.list_collections(), [])
        client.close()
        with self.assertRaises(MilvusException):
            MilvusClient(uri=f"https://localhost:{port}", token="alice:wrong", server_pem_path=pem, timeout=5)

    def test_as_it_ships_nobody_comes_in(self):
        port = envoy("locked", "envoy-auth.yaml", origins=[PAGE])
        for authorization in (None, KEY):
            status, headers, _ = ask(port, "GetVersion", headers={"authorization": authorization}, context=tls())
            self.assertEqual((status, reached(headers)), (401, False))


def limit_connections(config, number):
    monitor = config["overload_manager"]["resource_monitors"][1]["typed_config"]
    monitor["max_active_downstream_connections"] = number


def ask_for(port, seconds):
    """What comes of a request that is given up after so long."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("POST", SERVICE + "GetVersion", bytes(5), {"content-type": "application/grpc-web+proto"})
        return connection.getresponse().headers["grpc-message"] or ""
    except TimeoutError:
        return "no answer"
    finally:
        connection.close()


def recv_all(connection):
    got = b""
    with connection:
        while more := connection.recv(65536):
            got += more
    return got


def memory(name):
    """Bytes that a server holds, with its children."""
    _, process = next(known for known in servers.processes if known[0] == name)
    total = 0
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getpgid(int(status.parent.name)) == process.pid:
                total += int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) * 1024
        except (OSError, TypeError):
            continue
    return total


def eventually(check, seconds):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except (AssertionError, OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
