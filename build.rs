//! Makes HELP's tables of the pages of the reference, in the order of `tests/language/order.json`.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=tests/language");
    let tables = help_tables(Path::new("tests/language"))?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("help.rs"), tables)?;
    Ok(())
}

/// HELP as the reference has it: each page's title with the grammar in the fence at its head, and
/// the tables behind `<!-- help: name -->`.
fn help_tables(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    // a page stands in HELP where it stands in the reference
    let order = fs::read_to_string(folder.join("order.json"))?;
    files.sort_by_key(|path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (order.find(&format!("\"{stem}\": ")).unwrap_or(order.len()), stem)
    });
    let (mut pages, mut tables) = (String::new(), String::new());
    for path in files {
        let text = fs::read_to_string(&path)?;
        let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        let lines = text
            .lines()
            .take_while(|line| !line.starts_with("```sql"))
            .skip_while(|line| *line != "```")
            .skip(1)
            .take_while(|line| *line != "```");
        // what a statement goes on with is indented
        let mut grammar: Vec<String> = Vec::new();
        for line in lines {
            match grammar.last_mut() {
                Some(last) if line.starts_with("   ") => {
                    last.push(' ');
                    last.push_str(line.trim());
                }
                _ => grammar.push(line.to_string()),
            }
        }
        if !grammar.is_empty() && !text.contains("<!-- help: original -->") {
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
