"""The files in deploy/: Envoy's by Envoy itself, compose.yaml by its shape (no Docker is needed)."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
sys.path.insert(0, str(ROOT / "scripts"))

from servers import Servers, configure  # noqa: E402

# the part of the Compose specification that the file uses
SCHEMA = {
    "type": "object",
    "required": ["services"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "volumes": {"type": "object"},
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["image"],
                "additionalProperties": False,
                "properties": {
                    "image": {"type": "string", "pattern": r"^[a-z0-9./-]+:v?\d[\w.-]*$"},
                    "command": {"type": ["array", "string"]},
                    "environment": {"type": "object"},
                    "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
                    "volumes": {"type": "array", "items": {"type": "string"}},
                    "depends_on": {"type": ["array", "object"]},
                    "healthcheck": {"type": "object"},
                    "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
                },
            },
        },
    },
}


def load(name):
    return yaml.safe_load((DEPLOY / name).read_text())


FILES = ("envoy.yaml", "envoy-readonly.yaml", "envoy-tls.yaml", "envoy-auth.yaml")
ENVOY = pathlib.Path(sys.executable).parent / "envoy"


def parts(config):
    """What a file is made of: listener, chain of filters, connection manager, cluster."""
    listener = config["static_resources"]["listeners"][0]
    chain = listener["filter_chains"][0]
    return listener, chain, chain["filters"][0]["typed_config"], config["static_resources"]["clusters"][0]


def filters(manager):
    return {filter["name"].rsplit(".", 1)[1]: filter["typed_config"] for filter in manager["http_filters"]}


def seconds(duration):
    return float(duration.removesuffix("s"))


def validate(config):
    """What Envoy itself says to a config; empty if it takes it."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(config, file)
        file.flush()
        run = subprocess.run([ENVOY, "--mode", "validate", "-c", file.name], capture_output=True, text=True)
    return "" if run.returncode == 0 and "OK" in run.stdout + run.stderr else run.stdout + run.stderr


class Envoy(unittest.TestCase):
    def test_envoy_takes_all(self):
        servers = Servers()
        self.addCleanup(servers.stop)
        for name in FILES:
            with self.subTest(name):
                self.assertEqual(validate(configure(name, 19530, 19531, certificate=servers.certificate())), "")
        # the public demo over https: the one file's filter with the other's TLS, as README.md says
        both = configure("envoy-readonly.yaml", 19530, 19531)
        chain = parts(configure("envoy-tls.yaml", 19530, 19531, certificate=servers.certificate()))[1]
        for block in ("transport_socket", "transport_socket_connect_timeout"):
            parts(both)[1][block] = chain[block]
        self.assertEqual(validate(both), "")

    def test_both_without_certificates_are_taken_as_they_are(self):
        for name in ("envoy.yaml", "envoy-readonly.yaml"):
            self.assertEqual(validate(load(name)), "")

    def test_each_keeps_to_this_machine_until_told_otherwise(self):
        for name in FILES:
            config = load(name)
            address = parts(config)[0]["address"]["socket_address"]
            self.assertEqual(address, {"address": "127.0.0.1", "port_value": 19530}, name)
            # Envoy's own pages would tell and do everything
            self.assertNotIn("admin", config)
            hosts = parts(config)[2]["route_config"]["virtual_hosts"]
            self.assertNotIn("*", hosts[0]["domains"])
            for host in hosts[1:]:
                self.assertFalse([route for route in host["routes"] if "route" in route], name)

    def test_a_request_is_bounded_and_its_answer_may_take_an_hour(self):
        for name in FILES:
            _, _, manager, _ = parts(load(name))
            self.assertEqual(seconds(manager["request_headers_timeout"]), 10)
            self.assertEqual(seconds(manager["request_timeout"]), 300)
            self.assertLessEqual(seconds(manager["stream_idle_timeout"]), 60)
            self.assertLessEqual(seconds(manager["common_http_protocol_options"]["idle_timeout"]), 300)
            sent_on = [route["route"] for route in manager["route_config"]["virtual_hosts"][0]["routes"] if "route" in route]
            for route in sent_on:
                self.assertEqual(route["timeout"], "0s")
                self.assertEqual(seconds(route["idle_timeout"]), 3600)
                self.assertEqual(seconds(route["max_stream_duration"]["max_stream_duration"]), 3600)
            self.assertEqual(len(sent_on), 2)

    def test_everything_has_a_bound(self):
        for name in FILES:
            with self.subTest(name):
                config = load(name)
                listener, _, manager, cluster = parts(config)
                heap, connections = (monitor["typed_config"] for monitor in config["overload_manager"]["resource_monitors"])
                self.assertEqual(heap["max_heap_size_bytes"], 1 << 30)
                self.assertLessEqual(connections["max_active_downstream_connections"], 1000)
                self.assertEqual(listener["per_connection_buffer_limit_bytes"], 1 << 20)
                self.assertEqual(cluster["per_connection_buffer_limit_bytes"], 1 << 20)
                self.assertEqual(manager["http2_protocol_options"]["max_concurrent_streams"], 100)
                self.assertLessEqual(cluster["circuit_breakers"]["thresholds"][0]["max_requests"], 256)
                limits = filters(manager)["local_ratelimit"]
                # a page that asks without a pause comes to some hundred a second
                self.assertGreaterEqual(limits["descriptors"][0]["token_bucket"]["tokens_per_fill"], 300)
                self.assertEqual(limits["filter_enforced"]["default_value"]["numerator"], 100)
                # what anybody may send is no more than Envoy may hold; elsewhere it is what Milvus takes
                most = filters(manager)["buffer"]["max_request_bytes"]
                if name == "envoy-readonly.yaml":
                    self.assertLess(most * connections["max_active_downstream_connections"], 0.8 * (1 << 30))
                else:
                    self.assertEqual(most, (64 << 20) + 1024)

    def test_what_refuses_stands_behind_cors_and_before_what_keeps(self):
        order = {
            "envoy.yaml": "grpc_web cors local_ratelimit buffer router",
            "envoy-readonly.yaml": "grpc_web cors local_ratelimit rbac buffer router",
            "envoy-tls.yaml": "grpc_web cors local_ratelimit buffer router",
            "envoy-auth.yaml": "grpc_web cors local_ratelimit rbac buffer router",
        }
        for name in FILES:
            self.assertEqual(" ".join(filters(parts(load(name))[2])), order[name])

    def test_what_the_readonly_one_lets_pass_is_a_list_of_methods(self):
        rules = filters(parts(load("envoy-readonly.yaml"))[2])["rbac"]["rules"]
        self.assertEqual(rules["action"], "ALLOW")
        paths = [permission["url_path"]["path"]["exact"].rsplit("/", 1)[1] for permission in rules["policies"]["reads"]["permissions"]]
        # tests/deploy.rs holds the list against the table of methods
        self.assertIn("Search", paths)

    def test_the_four_differ_in_what_they_say_alone(self):
        """Everything else is kept four times, and the same."""
        full = configure("envoy.yaml", 1, 2, ["http://here"])
        for name in FILES[1:]:
            other = configure(name, 1, 2, ["http://here"], pathlib.Path("/tls"))
            _, chain, manager, _ = parts(other)
            manager["http_filters"] = [filter for filter in manager["http_filters"] if filter["name"] != "envoy.filters.http.rbac"]
            for block in ("transport_socket", "transport_socket_connect_timeout"):
                self.assertEqual(chain.pop(block, None) is None, name in FILES[:2])
            self.assertEqual(manager.pop("local_reply_config", None) is None, name != "envoy-auth.yaml")
            if name == "envoy-readonly.yaml":
                filters(manager)["buffer"].update(filters(parts(full)[2])["buffer"])
                monitors = [config["overload_manager"]["resource_monitors"][1]["typed_config"] for config in (full, other)]
                monitors[1].update(monitors[0])
            self.assertEqual(json.dumps(full, sort_keys=True), json.dumps(other, sort_keys=True), name)


class Readme(unittest.TestCase):
    """deploy/README.md tells of every file, and the bounds that they have."""

    def setUp(self):
        self.text = (DEPLOY / "README.md").read_text()

    def test_names_every_file(self):
        for path in DEPLOY.iterdir():
            self.assertTrue(path.name == "README.md" or f"]({path.name})" in self.text, path.name)

    def test_tells_the_bounds(self):
        for name in ("envoy.yaml", "envoy-readonly.yaml"):
            config = load(name)
            _, _, manager, cluster = parts(config)
            limits = filters(manager)["local_ratelimit"]
            one, every = limits["descriptors"][0]["token_bucket"], limits["token_bucket"]
            connections = config["overload_manager"]["resource_monitors"][1]["typed_config"]["max_active_downstream_connections"]
            for said in (
                f"{connections:,}" if name == "envoy.yaml" else f"read-only {connections}",
                f"| {manager['request_headers_timeout'][:-1]} s, {manager['request_timeout'][:-1]} s |",
                f"; {cluster['circuit_breakers']['thresholds'][0]['max_requests']}; "
                f"{manager['http2_protocol_options']['max_concurrent_streams']} |",
                f"{one['tokens_per_fill']} a second ({one['max_tokens']:,} at once); "
                f"{every['tokens_per_fill']:,} a second ({every['max_tokens']:,})",
                f"An idle connection ends after {manager['common_http_protocol_options']['idle_timeout'][:-1]} s",
            ):
                self.assertIn(said, self.text)


class Compose(unittest.TestCase):
    def test_is_of_composes_shape(self):
        jsonschema.validate(load("compose.yaml"), SCHEMA)

    def test_what_it_mounts_is_there_and_envoy_finds_milvus(self):
        services = load("compose.yaml")["services"]
        for service in services.values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    self.assertTrue(source == "../dist/site" or (DEPLOY / source).exists(), source)
        for name in FILES:
            endpoint = parts(load(name))[3]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
            self.assertIn(endpoint["address"]["socket_address"]["address"], services)

    def test_its_envoy_is_the_one_that_the_tests_run(self):
        version = re.search(r"version: \w+/([\d.]+)/", subprocess.run([ENVOY, "--version"], capture_output=True, text=True).stdout)[1]
        self.assertEqual(load("compose.yaml")["services"]["envoy"]["image"], f"envoyproxy/envoy:v{version}")
        self.assertIn(f"All run on Envoy {version.rsplit('.', 1)[0]},", (DEPLOY / "README.md").read_text())

    def test_in_the_container_envoy_listens_to_what_is_published(self):
        shell, flag, command = load("compose.yaml")["services"]["envoy"]["command"]
        with tempfile.TemporaryDirectory() as folder:
            here = command.replace("/tmp", folder).replace("/etc/envoy", str(DEPLOY)).replace("envoy -c", f"{ENVOY} --mode validate -c")
            run = subprocess.run([shell, flag, here], capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stderr)
            changed = yaml.safe_load((pathlib.Path(folder) / "envoy.yaml").read_text())
        expected = load("envoy.yaml")
        parts(expected)[0]["address"]["socket_address"]["address"] = "0.0.0.0"
        self.assertEqual(changed, expected)


if __name__ == "__main__":
    unittest.main()
