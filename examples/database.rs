//! Makes a database as a file, for a site to ship:
//!
//!     cargo run --example database -- script.sql out.milvus
//!
//! The script runs as a cell does, through the kernel's own session, on an engine in this process;
//! what is written is the database that it uses at its end, as EXPORT DATABASE gives it.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../tests/native/mod.rs"]
mod native;

use std::process::exit;

use milvus_kernel::milvus::Platform;
use milvus_kernel::session::Session;
use native::{Native, block_on};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [script, out] = arguments.as_slice() else {
        eprintln!("usage: database script.sql out.milvus");
        exit(2);
    };
    if let Err(why) = make(script, out) {
        eprintln!("database: {why}");
        exit(1);
    }
}

fn make(script: &str, out: &str) -> Result<(), String> {
    let cell = std::fs::read_to_string(script).map_err(|error| format!("{script}: {error}"))?;
    let platform = Native::new();
    let session = Session::new(platform.clone());
    for cell in ["milvus://memory", &cell, "EXPORT DATABASE TO 'export'"] {
        block_on(session.run(cell, |_| ())).map_err(|wrong| format!("{script}: {wrong:?}"))?;
    }
    let bytes = block_on(platform.read_file("export"))?;
    std::fs::write(out, &bytes).map_err(|error| format!("{out}: {error}"))?;
    println!("{out}: {} bytes", bytes.len());
    Ok(())
}
