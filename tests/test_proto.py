"""Holds every message, field, enum value and method of proto/ against the descriptors that pymilvus ships."""

import pathlib
import tempfile
import unittest

from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from pymilvus.grpc_gen import common_pb2, milvus_pb2, rg_pb2, schema_pb2

PROTO = pathlib.Path(__file__).resolve().parent.parent / "proto"
THEIRS = {module.DESCRIPTOR.name: module.DESCRIPTOR for module in (common_pb2, milvus_pb2, rg_pb2, schema_pb2)}


def ours():
    """Our files, compiled by protoc: another compiler than the one that builds the kernel."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "ours.pb"
        # what only our engine answers is not Milvus's
        files = [str(path) for path in sorted(PROTO.glob("*.proto")) if path.name != "engine.proto"]
        if protoc.main(["protoc", f"--proto_path={PROTO}", f"--descriptor_set_out={out}", *files]):
            raise AssertionError("protoc does not take our files")
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file


def differences(file):
    theirs = descriptor_pb2.FileDescriptorProto()
    THEIRS[file.name].CopyToProto(theirs)
    if file.package != theirs.package:
        yield f"{file.name}: package {file.package}, not {theirs.package}"
    yield from compare(file.name, file.message_type, theirs.message_type, compare_message)
    yield from compare(file.name, file.enum_type, theirs.enum_type, compare_enum)
    yield from compare(file.name, file.service, theirs.service, compare_service)


def compare(place, ours, theirs, inner):
    theirs = {item.name: item for item in theirs}
    for item in ours:
        if item.name not in theirs:
            yield f"{place}: {item.name} is not Milvus's"
        else:
            yield from inner(f"{place}: {item.name}", item, theirs[item.name])


def compare_message(place, ours, theirs):
    yield from compare(place, ours.nested_type, theirs.nested_type, compare_message)
    fields = {field.name: field for field in theirs.field}
    for field in ours.field:
        known = fields.get(field.name)
        if known is None:
            yield f"{place}.{field.name} is not Milvus's"
            continue
        for part in ("number", "type", "type_name", "label"):
            if getattr(field, part) != getattr(known, part):
                yield f"{place}.{field.name}: {part} {getattr(field, part)}, not {getattr(known, part)}"
        if field.HasField("oneof_index") != known.HasField("oneof_index"):
            yield f"{place}.{field.name}: in a oneof on one side only"


def compare_enum(place, ours, theirs):
    values = {value.name: value.number for value in theirs.value}
    for value in ours.value:
        if values.get(value.name) != value.number:
            yield f"{place}.{value.name} = {value.number}, not {values.get(value.name)}"


def compare_service(place, ours, theirs):
    methods = {method.name: method for method in theirs.method}
    for method in ours.method:
        known = methods.get(method.name)
        if known is None:
            yield f"{place}.{method.name} is not Milvus's"
            continue
        for part in ("input_type", "output_type", "client_streaming", "server_streaming"):
            if getattr(method, part) != getattr(known, part):
                yield f"{place}.{method.name}: {part} differs"


class Proto(unittest.TestCase):
    def test_agrees_with_pymilvus(self):
        files = ours()
        self.assertEqual(sorted(file.name for file in files), ["common.proto", "milvus.proto", "rg.proto", "schema.proto"])
        self.assertEqual([line for file in files for line in differences(file)], [])

    def test_a_wrong_number_would_be_found(self):
        file = next(file for file in ours() if file.name == "common.proto")
        file.message_type[0].field[0].number += 50
        file.enum_type[0].value[1].number += 50
        self.assertEqual(len(list(differences(file))), 2)


if __name__ == "__main__":
    unittest.main()
