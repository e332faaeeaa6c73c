//! Compiles `proto/` with protox (no protoc): the messages for prost, and a table of their fields'
//! names, by which EXPLAIN reads requests; and HELP's tables from the pages of the reference. No
//! stubs are generated: one call by bytes serves every method, and thirty monomorphic copies of it
//! would not fit the size budget.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FileDescriptorSet};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=tests/language");
    fs::write(
        Path::new(&env::var("OUT_DIR")?).join("help.rs"),
        help_tables(Path::new("tests/language"))?,
    )?;
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(["proto/milvus.proto"], ["proto"])?;
    let table = field_table(&descriptors)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("fields.rs"), table)?;
    let floats = "crate::proto::floats::FloatArray";
    prost_build::Config::new()
        .extern_path(".milvus.proto.schema.FloatArray", floats)
        .compile_fds(descriptors)?;
    Ok(())
}

/// `(message, number, name, kind)`, sorted for binary search, `(enum, number, name)` and `(method,
/// request, reply)`.
fn field_table(descriptors: &FileDescriptorSet) -> Result<String, std::fmt::Error> {
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
    writeln!(out, "];\npub const METHODS: &[(&str, &str, &str)] = &[")?;
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

/// HELP as the reference has it: each page's title with the grammar in its first fence, and the
/// tables behind `<!-- help: name -->`.
fn help_tables(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    let (mut pages, mut tables) = (String::new(), String::new());
    for path in files {
        let text = fs::read_to_string(&path)?;
        let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        let grammar = text
            .lines()
            .skip_while(|line| *line != "```")
            .skip(1)
            .take_while(|line| *line != "```")
            .collect::<Vec<_>>();
        if text.lines().any(|line| line == "```") && !text.contains("<!-- help: original -->") {
            writeln!(pages, "    ({title:?}, &{grammar:?}),")?;
        }
        for (at, _) in text.match_indices("<!-- help: ") {
            let rest = &text[at + "<!-- help: ".len()..];
            let name = rest.split(" -->").next().unwrap_or_default().to_ascii_uppercase();
            writeln!(tables, "pub const {name}: &[(&str, &str)] = &[")?;
            for line in rest
                .lines()
                .skip_while(|line| !line.starts_with('|'))
                .skip(2)
                .take_while(|line| line.starts_with('|'))
            {
                let mut cells =
                    line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', ""));
                writeln!(
                    tables,
                    "    ({:?}, {:?}),",
                    cells.next().unwrap_or_default(),
                    cells.next().unwrap_or_default()
                )?;
            }
            writeln!(tables, "];")?;
        }
    }
    Ok(format!("pub const PAGES: &[(&str, &[&str])] = &[\n{pages}];\n{tables}"))
}
