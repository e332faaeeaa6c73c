"""Serves the built site, for the demo and the browser tests."""

import functools
import http.server
import re
import ssl
import threading

from servers import ROOT

SITE = ROOT / "dist" / "site"
CLUSTER = "/files/cluster.ipynb"
DEFAULT_PORT = 19530


def policy(may_call):
    """The policy that ships for the site, with these addresses to call."""
    shipped = re.search(r'Content-Security-Policy "(.*?)"', (ROOT / "deploy" / "site.conf").read_text())[1]
    return re.sub(r"connect-src [^;]*", f"connect-src 'self' {may_call}", shipped)


class Site(http.server.SimpleHTTPRequestHandler):
    """The built site. The notebook for a cluster names the port that Envoy really has."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm", ".ipynb": "application/json"}
    milvus_port = DEFAULT_PORT
    policy = ""

    def end_headers(self):
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def do_GET(self):
        if self.path.split("?")[0] != CLUSTER or self.milvus_port == DEFAULT_PORT:
            return super().do_GET()
        body = (SITE / CLUSTER[1:]).read_text().replace(f"127.0.0.1:{DEFAULT_PORT}", f"127.0.0.1:{self.milvus_port}").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(port, milvus_port=DEFAULT_PORT, may_call="*", certificate=None):
    """Serves the site in the background; the port is taken at once, or this fails. With a folder of certificate and key over https."""
    site = type("Here", (Site,), {"milvus_port": milvus_port, "policy": policy(may_call)})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(site, directory=str(SITE)))
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        # the handshake is made where the connection is served, so that none holds up the next
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
