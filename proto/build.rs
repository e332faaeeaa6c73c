//! Compiles the `.proto` files beside it with protox, without protoc: the messages for prost, and
//! tables of the names of fields, enum values and methods.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FileDescriptorSet};

const FILES: [&str; 5] =
    ["common.proto", "engine.proto", "milvus.proto", "rg.proto", "schema.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(["milvus.proto", "engine.proto"], ["."])?;
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("names.rs"), names(&descriptors)?)?;
    prost_build::Config::new()
        .extern_path(".milvus.proto.schema.FloatArray", "crate::floats::FloatArray")
        .compile_fds(descriptors)?;
    Ok(())
}

/// The tables of `names`, each sorted: FIELDS `(message, number, name, kind)`, VALUES `(enum,
/// number, name)`, SERVICE `(method, request, reply)`.
fn names(descriptors: &FileDescriptorSet) -> Result<String, std::fmt::Error> {
    let (mut fields, mut values, mut methods) = (Vec::new(), Vec::new(), Vec::new());
    for file in &descriptors.file {
        let package = file.package();
        for message in &file.message_type {
            add_message(&format!(".{package}.{}", message.name()), message, &mut fields);
        }
        for method in file.service.iter().flat_map(|service| &service.method) {
            methods.push((
                method.name().to_string(),
                short(method.input_type()),
                short(method.output_type()),
            ));
        }
        for enumeration in &file.enum_type {
            for value in &enumeration.value {
                values.push((
                    short(&format!(".{package}.{}", enumeration.name())),
                    value.number(),
                    value.name().to_string(),
                ));
            }
        }
    }
    fields.sort();
    // the entries of a map that several messages have are one by their names
    fields.dedup();
    values.sort();
    methods.sort();
    let mut out = String::new();
    writeln!(out, "pub const FIELDS: &[(&str, u32, &str, Kind)] = &[")?;
    for (message, number, name, kind) in fields {
        writeln!(out, "    ({message:?}, {number}, {name:?}, {kind}),")?;
    }
    writeln!(out, "];\npub const VALUES: &[(&str, i32, &str)] = &[")?;
    for (enumeration, number, name) in values {
        writeln!(out, "    ({enumeration:?}, {number}, {name:?}),")?;
    }
    writeln!(out, "];\npub const SERVICE: &[(&str, &str, &str)] = &[")?;
    for (method, request, reply) in methods {
        writeln!(out, "    ({method:?}, {request:?}, {reply:?}),")?;
    }
    writeln!(out, "];")?;
    Ok(out)
}

fn add_message(
    name: &str,
    message: &DescriptorProto,
    fields: &mut Vec<(String, i32, String, String)>,
) {
    for field in &message.field {
        let kind = match field.r#type() {
            Type::Message => format!("Kind::Message({:?})", short(field.type_name())),
            Type::Enum => format!("Kind::Enum({:?})", short(field.type_name())),
            Type::String => "Kind::Text".to_string(),
            Type::Bytes => "Kind::Bytes".to_string(),
            Type::Bool => "Kind::Bool".to_string(),
            Type::Float => "Kind::Float".to_string(),
            Type::Double => "Kind::Double".to_string(),
            _ => "Kind::Int".to_string(),
        };
        fields.push((short(name), field.number(), field.name().to_string(), kind));
    }
    for nested in &message.nested_type {
        add_message(&format!("{name}.{}", nested.name()), nested, fields);
    }
}

/// Milvus's messages are unique by their own names.
fn short(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_string()
}
