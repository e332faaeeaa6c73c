//! Any text: the parser answers, its errors can be shown, and what it reads can be printed and is
//! read as itself again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use milvus_kernel::language::ast::Statement;
use milvus_kernel::language::complete::{Known, complete};
use milvus_kernel::language::parse::{completeness, parse};
use milvus_kernel::language::print;

fuzz_target!(|text: &str| {
    completeness(text);
    complete(text, text.len(), &Known::default());
    match parse(text) {
        Ok(statements) => {
            for statement in statements {
                let printed = print::statement(&statement);
                let again = parse(&printed)
                    .unwrap_or_else(|error| panic!("{printed}\n{}", error.render(&printed, false)));
                assert_eq!(again.len(), 1, "{printed}");
                assert_eq!(shape(&again[0]), shape(&statement), "{printed}");
            }
        }
        Err(error) => {
            error.render(text, true);
        }
    }
});

/// The tree as text, without its places.
fn shape(statement: &Statement) -> String {
    let text = format!("{statement:?}");
    let mut out = String::with_capacity(text.len());
    for (at, piece) in text.split("Span { start: ").enumerate() {
        out.push_str(match at {
            0 => piece,
            _ => piece.split_once('}').map_or("", |(_, rest)| rest),
        });
    }
    out
}
