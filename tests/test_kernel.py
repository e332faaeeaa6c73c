"""The checks of jupyter_kernel_test, and some of the same kind, on the kernel in the built site, as a page of Chromium has it.

`kernel_bridge.py` is between the two: to a client the kernel is one like any other. Run by `make test-kernel`.
"""

import contextlib
import json
import os
import pathlib
import sys
import tempfile
import time
from queue import Empty

import jupyter_kernel_test
from jupyter_kernel_test import TIMEOUT, validate_message

# a cell that waits for what is typed
PROMPT = "milvus://memory; CREATE USER ann PASSWORD PROMPT"
BRIDGE = pathlib.Path(__file__).resolve().parent / "kernel_bridge.py"


def setUpModule():
    """A kernel's spec, where this process alone finds it."""
    folder = tempfile.TemporaryDirectory(prefix="milvus-kernel-")
    setUpModule.folder = folder
    spec = pathlib.Path(folder.name) / "kernels/milvus/kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [sys.executable, str(BRIDGE), "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Milvus", "language": "sql", "interrupt_mode": "message"}))
    os.environ["JUPYTER_PATH"] = folder.name
    os.environ["JUPYTER_RUNTIME_DIR"] = folder.name


def tearDownModule():
    setUpModule.folder.cleanup()


class MilvusKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "milvus"
    language_name = "sql"
    file_extension = ".msql"
    # code_hello_world, code_stderr: a statement has results and writes to no stream
    # code_page_something: there is no pager, help is a result as any other
    # code_clear_output: a result takes the place of the progress before it by update_display_data
    completion_samples = [{"text": "SHOW VERS"}, {"text": "'表'; sel"}, {"text": ""}]
    complete_code_samples = ["SELECT 1", "SHOW TABLES;", "INSERT INTO t VALUES (1, [1, 2])", "help", ""]
    incomplete_code_samples = ["INSERT INTO t VALUES (1", "SELECT a FROM t ORDER BY v <-> [1, 2", "SELECT 'open"]
    invalid_code_samples = ["SELEC 1", "SELECT 1)"]
    code_generate_error = "SELECT 1 / 0"
    code_execute_result = [
        {"code": "SELECT 'hello, world' AS greeting", "result": "greeting\n------------\nhello, world\n1 row"},
        {"code": "SELECT 6 * 7 AS answer", "mime": "text/html"},
        {"code": "SET precision = full"},
    ]
    code_display_data = [{"code": "SELECT 1; SELECT 2", "mime": "text/html"}]
    code_history_pattern = "SELECT 'hello*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "SELECT"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a client asks each second whether a kernel is there, and is answered as often once the page is
        for get in (cls.kc.get_shell_msg, cls.kc.get_iopub_msg):
            with contextlib.suppress(Empty):
                while get(timeout=2):
                    pass

    def request(self, kind, content, channel="shell"):
        """Sends a message; its reply."""
        self.flush_channels()
        message = self.kc.session.msg(kind, content)
        getattr(self.kc, f"{channel}_channel").send(message)
        get = self.kc.get_shell_msg if channel == "shell" else self.kc.get_control_msg
        reply = get(timeout=TIMEOUT)
        validate_message(reply, kind.replace("_request", "_reply"), message["header"]["msg_id"])
        return reply["content"]

    def published(self, msg_id):
        """What is published for a message, up to the idle behind it."""
        messages = []
        while True:
            message = self.kc.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            messages.append(message)
            if message["content"].get("execution_state") == "idle":
                return messages

    def test_a_completion_replaces_the_word(self):
        content = self.request("complete_request", {"code": "'表'; show vers", "cursor_pos": 14})
        self.assertIn("version", [match.lower() for match in content["matches"]])
        self.assertEqual((content["cursor_start"], content["cursor_end"]), (10, 14))

    def test_comms(self):
        self.assertEqual(self.request("comm_info_request", {}), {"status": "ok", "comms": {}})
        message = self.kc.session.msg("comm_open", {"comm_id": "one", "target_name": "nobody", "data": {}})
        self.kc.shell_channel.send(message)
        closed = [sent for sent in self.published(message["header"]["msg_id"]) if sent["msg_type"] == "comm_close"]
        self.assertEqual([sent["content"]["comm_id"] for sent in closed], ["one"])

    def test_control(self):
        self.assertEqual(self.request("kernel_info_request", {}, "control")["implementation"], "milvus")

    def test_user_expressions(self):
        self.flush_channels()
        self.execute_helper("SELECT 5")
        asked = {"code": "", "silent": False, "user_expressions": {"sum": "1 + 1", "wrong": "1 +", "last": ":last"}}
        given = self.request("execute_request", asked)["user_expressions"]
        self.assertIn("2", given["sum"]["data"]["text/plain"])
        self.assertEqual((given["wrong"]["status"], given["wrong"]["ename"]), ("error", "SyntaxError"))
        # none of them is a result
        self.assertIn("5", given["last"]["data"]["text/plain"])

    def test_silent(self):
        self.flush_channels()
        reply, shown = self.execute_helper("SELECT 1", silent=True)
        self.assertEqual(shown, [])
        self.flush_channels()
        again, _ = self.execute_helper("SELECT 1", store_history=False)
        self.assertEqual(reply["content"]["execution_count"], again["content"]["execution_count"])

    def test_an_error_aborts_what_is_queued(self):
        self.flush_channels()
        sent = [self.kc.execute(PROMPT, allow_stdin=True)]
        self.kc.get_stdin_msg(timeout=TIMEOUT)
        sent.append(self.kc.execute("SELECT 1"))
        # it is in the queue when what is behind it is answered
        self.kc.complete("SELECT 1")
        self.kc.get_shell_msg(timeout=TIMEOUT)
        self.km.interrupt_kernel()
        statuses = {}
        while len(statuses) < len(sent):
            reply = self.kc.get_shell_msg(timeout=TIMEOUT)
            statuses[reply["parent_header"]["msg_id"]] = reply["content"]["status"]
        self.assertEqual([statuses[one] for one in sent], ["error", "aborted"])

    def test_a_prompt(self):
        """A secret is asked for on stdin; an interrupt ends the wait for it."""
        self.flush_channels()
        msg_id = self.kc.execute(PROMPT, allow_stdin=True)
        asked = self.kc.get_stdin_msg(timeout=TIMEOUT)
        self.assertIs(asked["content"]["password"], True)
        self.kc.input("Secret1!")
        published = self.published(msg_id)
        self.assertNotIn("Secret1!", str(published))
        self.assertEqual(self.kc.get_shell_msg(timeout=TIMEOUT)["parent_header"]["msg_id"], msg_id)

        self.kc.execute(PROMPT, allow_stdin=True)
        self.kc.get_stdin_msg(timeout=TIMEOUT)
        began = time.monotonic()
        self.km.interrupt_kernel()
        content = self.kc.get_shell_msg(timeout=TIMEOUT)["content"]
        self.assertEqual((content["status"], content["ename"]), ("error", "Interrupted"))
        self.assertLess(time.monotonic() - began, 2)
        with self.assertRaises(Empty):
            self.kc.get_stdin_msg(timeout=0.1)
