"""Starts the real servers (Milvus 2.3.5, Milvus Lite 3 and 2.5, the engine, Envoy before the first two) on free ports, runs a command with their
addresses in its environment, and stops them all. Without a command it waits for Ctrl-C.

    python scripts/servers.py --milvus --lite --lite25 --envoy -- cargo test

Environment of the command: MILVUS_URL, LITE_URL, LITE25_URL, ENGINE_URL (gRPC); MILVUS_WEB_URL, LITE_WEB_URL (Envoy), READONLY_WEB_URL (Envoy that lets
only reads pass), CLOSED_WEB_URL (Envoy for other pages only), MILVUS_USER and MILVUS_PASSWORD (Milvus 2.3.5 runs with authorization), SITE_URL;
SECURE_SITE_URL (the site over https), AUTH_WEB_URL (Envoy with TLS that lets AUTH_USER and AUTH_PASSWORD in).
"""

import argparse
import base64
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(sys.executable).parent
WITH_TLS = ("envoy-tls.yaml", "envoy-auth.yaml")
MILVUS_PORTS = (
    "etcd root-coord proxy-internal query-coord query-node index-coord index-node data-coord data-node".split()
)


def free_port():
    """A port that nobody has, outside the range from which the system takes the ports of outgoing connections."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class NotUp(SystemExit):
    """A server that ended or did not answer."""


class Servers:
    """The processes, each in a group of its own: a wrapper's children end with it."""

    def __init__(self):
        self.processes = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="milvus-kernel-"))

    def start(self, name, command, env=None):
        with open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, env=env)
        self.processes.append((name, process))

    def lite(self, data=None, port=None, name="lite"):
        port = port or free_port()
        data = data or self.folder / name
        self.start(name, [BIN / "milvus-lite", "server", "--data-dir", data, "--host", "127.0.0.1", "--port", str(port)])
        return port

    def engine(self):
        """The engine of this project behind gRPC, as it is built for tests, with its store in files."""
        port = free_port()
        subprocess.run(["cargo", "build", "--quiet", "--package", "milvus-engine", "--example", "serve"], cwd=ROOT, check=True)
        self.start("engine", [ROOT / "target/debug/examples/serve", "--port", str(port), "--data", self.folder / "engine"])
        return port

    def lite25(self):
        """Milvus Lite 2.5.1: a program of its own, which the Python package carries with its libraries."""
        port = free_port()
        folder = BIN.parent / "milvus-lite-2.5/milvus_lite/lib"
        libraries = {"LD_LIBRARY_PATH": str(folder), "DYLD_LIBRARY_PATH": str(folder)}
        command = [folder / "milvus", self.folder / "lite25.db", f"127.0.0.1:{port}", "ERROR"]
        self.start("lite25", command, {**os.environ, **libraries})
        return port

    def milvus(self):
        """Milvus 2.3.5 with users. Its embedded etcd takes port 2380 as well, which no option changes; so it is tried again."""
        for attempt in range(4):
            name = f"milvus-{attempt}"
            port = free_port()
            command = [BIN / "milvus-server", "--data", self.folder / name, "--proxy-port", str(port), "--authorization-enabled", "true"]
            for option in MILVUS_PORTS:
                command += [f"--{option}-port", str(free_port())]
            self.start(name, command, {**os.environ, "METRICS_PORT": str(free_port())})
            try:
                self.ready(name, answers(port), 60)
                return port
            except NotUp as error:
                print(f"servers: Milvus did not come up, trying again: {error}"[:2000], file=sys.stderr, flush=True)
                _, process = self.processes.pop()
                end(process)
                time.sleep(2)
        raise SystemExit("Milvus 2.3.5 did not come up; is port 2380 taken by another etcd?")

    def envoy(self, name, upstream, port=None, origins=(), config="envoy.yaml", change=None):
        """One of the files in deploy/, for this machine; `change` is given what it says, to change more."""
        port = port or free_port()
        path = self.folder / f"{name}.yaml"
        configured = configure(config, port, upstream, origins, self.certificate() if config in WITH_TLS else None)
        if change:
            change(configured)
        path.write_text(yaml.safe_dump(configured))
        # no shared memory with another Envoy, and no restarts while it runs
        self.start(name, [BIN / "envoy", "-c", path, "--disable-hot-restart", "--log-level", "warn", "--concurrency", "1"])
        return port

    def certificate(self):
        """A folder with a certificate of this machine's names and its key, made on the spot."""
        folder = self.folder / "tls"
        if not folder.exists():
            if not shutil.which("openssl"):
                raise SystemExit("openssl is missing: Envoy's certificate cannot be made (on Debian: apt-get install openssl)")
            folder.mkdir()
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
                + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:milvus.test,IP:127.0.0.1"]
                + ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                check=True,
                capture_output=True,
            )
        return folder

    def ready(self, name, check, seconds):
        """Waits until a server answers; a server that ends or never answers is an error with its log."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return check()
            except Exception as error:  # noqa: BLE001: every failure means "not yet"
                dead = [process.poll() for known, process in self.processes if known == name and process.poll() is not None]
                if dead or time.monotonic() > deadline:
                    log = (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
                    for path in sorted((self.folder / name).glob("logs/*.log")):
                        log += path.read_text(errors="replace")[-1500:]
                    raise NotUp(f"{name} did not come up ({error}); the end of its log:\n{log}") from error
                time.sleep(0.2)

    def stop(self):
        for _, process in self.processes:
            signal_group(process, signal.SIGTERM)
        for _, process in self.processes:
            end(process)
        shutil.rmtree(self.folder, ignore_errors=True)


def end(process, seconds=5):
    """Waits for a process that was asked to end, then ends its whole group: a wrapper may be gone while its server holds the ports."""
    signal_group(process, signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    signal_group(process, signal.SIGKILL)
    process.wait()


def signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def configure(name, port, upstream, origins=(), certificate=None):
    """The Envoy config that ships, with what it says to CHANGE changed: this machine's ports and names, these origins and certificate."""
    config = yaml.safe_load((ROOT / "deploy" / name).read_text())
    listener = config["static_resources"]["listeners"][0]
    listener["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": port}
    chain = listener["filter_chains"][0]
    manager = chain["filters"][0]["typed_config"]
    manager["route_config"]["virtual_hosts"][0]["domains"] = ["127.0.0.1", "localhost", "milvus.test"]
    if origins:
        cors = manager["route_config"]["typed_per_filter_config"]["envoy.filters.http.cors"]
        cors["allow_origin_string_match"] = [
            {"safe_regex": {"regex": origin}} if "*" in origin else {"exact": origin} for origin in origins
        ]
    if "transport_socket" in chain:
        tls = chain["transport_socket"]["typed_config"]["common_tls_context"]["tls_certificates"][0]
        tls["certificate_chain"]["filename"] = str(certificate / "cert.pem")
        tls["private_key"]["filename"] = str(certificate / "key.pem")
    endpoint = config["static_resources"]["clusters"][0]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    endpoint["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": upstream}
    return config


def let_in(config, *keys):
    """Puts keys into what envoy-auth.yaml says."""
    manager = config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    rbac = next(filter for filter in manager["http_filters"] if filter["name"] == "envoy.filters.http.rbac")
    rbac["typed_config"]["rules"]["policies"]["keys"]["principals"] = [
        {"header": {"name": "authorization", "string_match": {"exact": key}}} for key in keys
    ]


def answers(port):
    """A check that asks for version and collections by native gRPC, as pymilvus does; before Envoy this tries its pass-through."""

    def check():
        import grpc
        from pymilvus.grpc_gen import milvus_pb2, milvus_pb2_grpc

        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = milvus_pb2_grpc.MilvusServiceStub(channel)
            metadata = (("authorization", base64.b64encode(b"root:Milvus").decode()),)
            try:
                version = stub.GetVersion(milvus_pb2.GetVersionRequest(), timeout=2, metadata=metadata)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                    raise
                # Milvus Lite before 3
                version = milvus_pb2.GetVersionResponse(version="before 3")
            # a version is given before the rest is ready
            collections = stub.ShowCollections(milvus_pb2.ShowCollectionsRequest(), timeout=2, metadata=metadata)
            for reply in (version, collections):
                if reply.status.code or reply.status.error_code:
                    raise RuntimeError(reply.status.reason)
            return version.version

    return check


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--milvus", action="store_true", help="Milvus 2.3.5")
    parser.add_argument("--lite", action="store_true", help="Milvus Lite 3")
    parser.add_argument("--lite25", action="store_true", help="Milvus Lite 2.5")
    parser.add_argument("--engine", action="store_true", help="the engine of this project, as a server")
    parser.add_argument("--envoy", action="store_true", help="Envoy before each, for any page of this machine")
    parser.add_argument("--site", action="store_true", help="the built site, as SITE_URL; its cluster.ipynb finds Milvus Lite")
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # a shell starts what runs in the background with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    servers = Servers()
    env = dict(os.environ)
    anywhere = [r"http://(127\.0\.0\.1|localhost):.*"]
    status = 1
    try:
        if options.milvus:
            port = servers.milvus()
            env.update(MILVUS_URL=f"http://127.0.0.1:{port}", MILVUS_USER="root", MILVUS_PASSWORD="Milvus")
            print(f"servers: Milvus 2.3.5 answers at {env['MILVUS_URL']}", flush=True)
            if options.envoy:
                env["MILVUS_WEB_URL"] = f"http://127.0.0.1:{servers.envoy('envoy-milvus', port, origins=anywhere)}"
        if options.lite:
            port = servers.lite()
            env["LITE_URL"] = f"http://127.0.0.1:{port}"
            if options.envoy:
                env["LITE_WEB_URL"] = f"http://127.0.0.1:{servers.envoy('envoy-lite', port, origins=anywhere)}"
                readonly = servers.envoy("envoy-readonly", port, origins=anywhere, config="envoy-readonly.yaml")
                # for the origins in the file as it ships, which a test's page is not one of
                env["CLOSED_WEB_URL"] = f"http://127.0.0.1:{servers.envoy('envoy-closed', port)}"
                env["READONLY_WEB_URL"] = f"http://127.0.0.1:{readonly}"
        if options.lite25:
            env["LITE25_URL"] = f"http://127.0.0.1:{servers.lite25()}"
        if options.engine:
            env["ENGINE_URL"] = f"http://127.0.0.1:{servers.engine()}"
        for name, url, process in (
            ("Milvus Lite", "LITE_URL", "lite"),
            ("Milvus Lite", "LITE25_URL", "lite25"),
            ("the engine", "ENGINE_URL", "engine"),
            ("Envoy", "MILVUS_WEB_URL", "envoy-milvus"),
            ("Envoy", "LITE_WEB_URL", "envoy-lite"),
            ("Envoy", "READONLY_WEB_URL", "envoy-readonly"),
            ("Envoy", "CLOSED_WEB_URL", "envoy-closed"),
        ):
            if env.get(url) and any(known == process for known, _ in servers.processes):
                version = servers.ready(process, answers(int(env[url].rsplit(":", 1)[1])), 120)
                print(f"servers: {name} ({version}) answers at {env[url]}", flush=True)
        if options.site:
            from static import serve

            port = free_port()
            serve(port, int(env["LITE_WEB_URL"].rsplit(":", 1)[1]))
            env["SITE_URL"] = f"http://127.0.0.1:{port}"
            # over https, and an Envoy with TLS and a key before Milvus Lite; its pages may call nothing else but what https forbids
            port, secure = free_port(), f"https://localhost:{free_port()}"
            env.update(SECURE_SITE_URL=secure, AUTH_WEB_URL=f"https://localhost:{port}", AUTH_USER="alice", AUTH_PASSWORD="right")
            key = base64.b64encode(b"alice:right").decode()
            upstream = int(env["LITE_URL"].rsplit(":", 1)[1])
            servers.envoy("envoy-auth", upstream, port, [secure], "envoy-auth.yaml", lambda config: let_in(config, key))
            may_call = f"{env['AUTH_WEB_URL']} http://milvus.test:{port}"
            serve(int(secure.rsplit(":", 1)[1]), may_call=may_call, certificate=servers.certificate())
        if options.command:
            status = subprocess.call(options.command, env=env)
        else:
            signal.pause()
    except KeyboardInterrupt:
        status = 130
    finally:
        servers.stop()
    sys.exit(status)


if __name__ == "__main__":
    main()
