"""A kernel for `jupyter_client`: this process has the sockets, and a page of the built site in Chromium answers (`browser/bridge.mjs`).

    python tests/kernel_bridge.py CONNECTION_FILE
"""

import asyncio
import json
import pathlib
import sys

import zmq
import zmq.asyncio
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session

BRIDGE = pathlib.Path(__file__).resolve().parent / "browser/bridge.mjs"
# a line of JSON is a message, with whatever it shows
LONGEST_LINE = 64 << 20


class Bridge:
    def __init__(self, connection):
        self.session = Session(key=connection["key"].encode(), signature_scheme=connection["signature_scheme"])
        self.context = zmq.asyncio.Context()
        kinds = {"shell": zmq.ROUTER, "control": zmq.ROUTER, "stdin": zmq.ROUTER, "iopub": zmq.PUB, "hb": zmq.REP}
        self.sockets = {}
        for channel, kind in kinds.items():
            self.sockets[channel] = self.context.socket(kind)
            self.sockets[channel].bind(f"{connection['transport']}://{connection['ip']}:{connection[f'{channel}_port']}")
        # who sent a message
        self.senders = {}

    async def run(self):
        self.page = await asyncio.create_subprocess_exec(
            "node", BRIDGE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE
        )
        tasks = [self.beat(), self.answers(), *(self.requests(channel) for channel in ("shell", "control", "stdin"))]
        tasks = [asyncio.create_task(task) for task in tasks]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self.page.stdin.close()
        await self.page.wait()
        self.context.destroy(linger=1000)
        for task in done:
            task.result()

    async def beat(self):
        while True:
            await self.sockets["hb"].send(await self.sockets["hb"].recv())

    async def requests(self, channel):
        """What a client sends."""
        while True:
            senders, frames = self.session.feed_identities(await self.sockets[channel].recv_multipart())
            message = self.session.deserialize(frames)
            self.senders[message["header"]["msg_id"]] = senders
            sent = {name: message[name] for name in ("header", "parent_header", "metadata", "content")}
            line = json.dumps({"channel": channel, **sent}, default=json_default)
            self.page.stdin.write(line.encode() + b"\n")

    async def answers(self):
        """What the page sends; ends with the kernel."""
        while line := await self.page.stdout.readline():
            message = json.loads(line)
            channel = message["channel"]
            whom = b"kernel.milvus" if channel == "iopub" else self.senders[message["parent_header"]["msg_id"]]
            message["msg_id"], message["msg_type"] = message["header"]["msg_id"], message["header"]["msg_type"]
            self.session.send(self.sockets[channel], message, ident=whom)
            if message["msg_type"] == "shutdown_reply":
                return


if __name__ == "__main__":
    asyncio.run(Bridge(json.loads(pathlib.Path(sys.argv[1]).read_text())).run())
