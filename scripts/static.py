"""Serves the built site, for the demo and the browser tests."""

import functools
import http.server
import threading

from servers import ROOT

SITE = ROOT / "dist" / "site"
TOUR = "/files/tour.ipynb"
DEFAULT_PORT = 19530


class Site(http.server.SimpleHTTPRequestHandler):
    """The built site. The tour names the port that Envoy really has."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm", ".ipynb": "application/json"}
    milvus_port = DEFAULT_PORT

    def do_GET(self):
        if self.path.split("?")[0] != TOUR or self.milvus_port == DEFAULT_PORT:
            return super().do_GET()
        body = (SITE / TOUR[1:]).read_text().replace(f"127.0.0.1:{DEFAULT_PORT}", f"127.0.0.1:{self.milvus_port}").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(port, milvus_port=DEFAULT_PORT):
    """Serves the site in the background; the port is taken at once, or this fails."""
    handler = functools.partial(type("Here", (Site,), {"milvus_port": milvus_port}), directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
