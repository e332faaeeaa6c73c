"""`make demo`: the static site, until Ctrl-C. With --server, `make demo-server`: Milvus Lite behind Envoy beside it. PORT is the site's,
MILVUS_PORT Envoy's."""

import os
import signal
import sys

from servers import Servers, answers
from static import DEFAULT_PORT, serve


def port_of(variable, default):
    text = os.environ.get(variable) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"{variable}={text} is no port")
    return int(text)


def main():
    with_server = sys.argv[1:] == ["--server"]
    port, milvus_port = port_of("PORT", 8000), port_of("MILVUS_PORT", DEFAULT_PORT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # a shell starts what runs in the background with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    servers = Servers()
    try:
        try:
            serve(port, milvus_port)
        except OSError as error:
            sys.exit(f"port {port} cannot be had ({error.strerror}): choose another with PORT=…")
        beside = ""
        if with_server:
            start_milvus(servers, port, milvus_port)
            beside = f"Milvus at 127.0.0.1:{milvus_port}, "
        print(f"demo: http://127.0.0.1:{port} is ready ({beside}Ctrl-C stops everything)", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        servers.stop()


def start_milvus(servers, port, milvus_port):
    upstream = servers.lite()
    servers.ready("lite", answers(upstream), 60)
    origins = [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]
    servers.envoy("envoy", upstream, milvus_port, origins)
    servers.ready("envoy", answers(milvus_port), 30)


if __name__ == "__main__":
    main()
