"""The files in deploy/: Envoy's by Envoy itself, compose.yaml by its shape (no Docker is needed)."""

import json
import pathlib
import subprocess
import sys
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"

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


def routes(config):
    manager = config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    return manager["route_config"]["virtual_hosts"][0]["routes"], manager


class Envoy(unittest.TestCase):
    def test_envoy_takes_both(self):
        for name in ("envoy.yaml", "envoy-readonly.yaml"):
            envoy = pathlib.Path(sys.executable).parent / "envoy"
            run = subprocess.run([envoy, "--mode", "validate", "-c", DEPLOY / name], capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("OK", run.stdout + run.stderr)

    def test_only_the_service_and_no_timeout(self):
        for name in ("envoy.yaml", "envoy-readonly.yaml"):
            for route in routes(load(name))[0]:
                path = route["match"].get("path") or route["match"]["prefix"]
                self.assertTrue(path.startswith("/milvus.proto.milvus.MilvusService/"), path)
                if "route" in route:
                    self.assertEqual(route["route"]["timeout"], "0s")

    def test_what_the_readonly_one_lets_pass_is_a_list_of_methods(self):
        filters = routes(load("envoy-readonly.yaml"))[1]["http_filters"]
        rules = next(filter["typed_config"]["rules"] for filter in filters if filter["name"] == "envoy.filters.http.rbac")
        self.assertEqual(rules["action"], "ALLOW")
        paths = [permission["url_path"]["path"]["exact"].rsplit("/", 1)[1] for permission in rules["policies"]["reads"]["permissions"]]
        # tests/deploy.rs holds the list against the table of methods
        self.assertIn("Search", paths)

    def test_the_two_differ_in_that_filter_alone(self):
        full, readonly = load("envoy.yaml"), load("envoy-readonly.yaml")
        manager = routes(readonly)[1]
        manager["http_filters"] = [filter for filter in manager["http_filters"] if filter["name"] != "envoy.filters.http.rbac"]
        self.assertEqual(json.dumps(full), json.dumps(readonly))


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
        endpoint = load("envoy.yaml")["static_resources"]["clusters"][0]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        self.assertIn(endpoint["address"]["socket_address"]["address"], services)


if __name__ == "__main__":
    unittest.main()
