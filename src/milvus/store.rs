//! A store of the engine in the tab. In: `milvus://local[/name]`, which the browser keeps,
//! `milvus://memory[/name]`, which is gone with the page, or the place of a database's file, which
//! is only read. Out: its kind and name.

/// The name of a store that was given none.
const UNNAMED: &str = "default";

/// How the name of a database's file ends. Hosts have such names too: a file is one of a URL, or of
/// a path that says so.
const FILE: &str = ".milvus";
const BEFORE_FILES: [&str; 5] = ["http://", "https://", "./", "../", "/"];

/// The longest name, in characters: it becomes the name of a folder.
const LONGEST: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    pub kind: StoreKind,
    /// of a file its place
    pub name: String,
    /// to begin with, of the databases in it
    pub database: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// in the browser's own files of the site
    Local,
    /// nowhere
    Memory,
    /// nowhere, and it begins as the file
    File,
}

impl Store {
    /// What a session uses that was told nothing.
    pub fn local() -> Store {
        Store { kind: StoreKind::Local, name: UNNAMED.to_string(), database: None }
    }

    /// None where the text is the address of a server. The error is a reason in words.
    pub fn parse(text: &str) -> Result<Option<Store>, String> {
        if text.ends_with(FILE) && BEFORE_FILES.iter().any(|begin| text.starts_with(begin)) {
            return Ok(Some(Store {
                kind: StoreKind::File,
                name: text.to_string(),
                database: None,
            }));
        }
        let Some((scheme, place)) = text.split_once("://") else { return Ok(None) };
        let (kind, name) = place.split_once('/').unwrap_or((place, ""));
        let kind = match kind {
            "local" => StoreKind::Local,
            "memory" => StoreKind::Memory,
            _ => return Ok(None),
        };
        if !scheme.eq_ignore_ascii_case("milvus") {
            return Ok(None);
        }
        let name = if name.is_empty() { UNNAMED } else { name };
        let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
        if name.len() > LONGEST || !name.chars().all(fits) {
            return Err(format!(
                "a store's name has up to {LONGEST} letters, digits, `-` and `_` in it"
            ));
        }
        Ok(Some(Store { kind, name: name.to_string(), database: None }))
    }

    /// As it is written.
    pub fn url(&self) -> String {
        let kind = match self.kind {
            StoreKind::Local => "local",
            StoreKind::Memory => "memory",
            StoreKind::File => return self.name.clone(),
        };
        match self.name.as_str() {
            UNNAMED => format!("milvus://{kind}"),
            name => format!("milvus://{kind}/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_told_from_a_server() {
        for (text, url) in [
            ("milvus://local", Some("milvus://local")),
            ("milvus://local/", Some("milvus://local")),
            ("Milvus://local/books-2", Some("milvus://local/books-2")),
            ("milvus://memory", Some("milvus://memory")),
            ("milvus://memory/a", Some("milvus://memory/a")),
            ("./digits.milvus", Some("./digits.milvus")),
            ("https://h/a/digits.milvus", Some("https://h/a/digits.milvus")),
            ("digits.milvus", None),
            ("milvus://digits.milvus", None),
            ("https://h/milvus", None),
            ("milvus://local:19530", None),
            ("milvus://localhost", None),
            ("milvus://u:p@local", None),
            ("http://local", None),
            ("local", None),
        ] {
            let store = Store::parse(text).unwrap();
            assert_eq!(store.map(|store| store.url()).as_deref(), url, "{text}");
        }
    }

    #[test]
    fn a_name_is_that_of_a_folder() {
        for text in ["milvus://local/a/b", "milvus://memory/é", "milvus://local/.."] {
            assert!(Store::parse(text).unwrap_err().starts_with("a store's name"), "{text}");
        }
    }
}
