//! The pages of the reference as tests read them: every `sql` fence is a cell, the `text` fence
//! behind it what it shows.

#![allow(dead_code)]

pub struct Page {
    pub lines: Vec<String>,
    pub fences: Vec<Fence>,
}

pub struct Fence {
    /// of the opening ```sql, from 1
    pub line: usize,
    pub info: String,
    pub cell: String,
    pub expected: String,
    /// the lines of the text fence's inside, from 0
    pub expected_at: (usize, usize),
}

impl Fence {
    /// Why this backend leaves the cell out, if it does: `skip=a,b: reason skip=c: another`, or
    /// `only=d: reason` where the cell is about other backends.
    pub fn skip(&self, backend: &str) -> Option<String> {
        if let Some((_, only)) = self.info.split_once("only=") {
            let (names, reason) = only.split_once(':').expect("only=backend: reason");
            let is_one = names.split(',').any(|name| name == backend);
            return (!is_one).then(|| reason.trim().to_string());
        }
        self.info.split("skip=").skip(1).find_map(|skip| {
            let (names, reason) = skip.split_once(':').expect("skip=backend: reason");
            names.split(',').any(|name| name == backend).then(|| reason.trim().to_string())
        })
    }

    /// Whether the cell is about some servers alone: what one says that lacks something.
    pub fn is_about_some(&self) -> bool {
        self.info.contains("only=")
    }

    /// What is typed at the cell's prompt; without it there is nobody to ask.
    pub fn typed(&self) -> Option<&str> {
        let (_, typed) = self.info.split_once("typed=")?;
        typed.split(' ').next()
    }
}

impl Page {
    pub fn parse(name: &str, text: &str) -> Page {
        let lines: Vec<String> = text.lines().map(str::to_string).collect();
        let mut fences = Vec::new();
        // a page may be of some servers as a whole: `<!-- sql only=lite: reason -->`
        let marked = lines.iter().find_map(|line| line.strip_prefix("<!-- sql "));
        let of_page = marked.and_then(|rest| rest.strip_suffix(" -->")).unwrap_or_default();
        let of_page = of_page.to_string();
        let mut at = 0;
        while at < lines.len() {
            if let Some(info) = lines[at].strip_prefix("```sql") {
                let close = |from: usize| {
                    from + lines[from..]
                        .iter()
                        .position(|line| line == "```")
                        .expect("a fence is closed")
                };
                let end = close(at + 1);
                let text = end
                    + 1
                    + lines[end + 1..]
                        .iter()
                        .position(|line| !line.is_empty())
                        .expect("a text fence follows");
                assert_eq!(lines[text], "```text", "{name}:{}: a text fence follows", text + 1);
                let text_end = close(text + 1);
                let info = if info.trim().is_empty() { of_page.as_str() } else { info.trim() };
                fences.push(Fence {
                    line: at + 1,
                    info: info.to_string(),
                    cell: lines[at + 1..end].join("\n"),
                    expected: lines[text + 1..text_end].join("\n"),
                    expected_at: (text + 1, text_end),
                });
                at = text_end;
            }
            at += 1;
        }
        Page { lines, fences }
    }

    /// Whether its session begins without a connection.
    pub fn is_unconnected(&self) -> bool {
        self.lines.iter().any(|line| line.contains("starts without a connection"))
    }
}

/// What differs from server to server stands as a word: its address, its version, numbers that a
/// server or the kernel makes up.
pub fn masked(shown: &str, host: &str, version: &str) -> String {
    let shown = shown.replace(host, "127.0.0.1:19530").replace(version, "<version>");
    let number =
        version.trim_start_matches(|char: char| !char.is_ascii_digit()).trim_end_matches("-lite");
    let mut shown = shown.replace(&format!("Milvus Lite {number}"), "Milvus <version>");
    shown = shown.replace(&format!("Milvus Engine {number}"), "Milvus <version>");
    // 2.5 may be any number
    if number.matches('.').count() > 1 {
        shown = shown.replace(number, "<version>");
    }
    let shown = without_times(&shown);
    let mut out = String::new();
    let mut digits = String::new();
    for char in shown.chars().chain(['\0']) {
        if char.is_ascii_digit() {
            digits.push(char);
            continue;
        }
        out.push_str(if matches!(digits.len(), 18 | 19) { "<id>" } else { &digits });
        digits.clear();
        if char != '\0' {
            out.push(char);
        }
    }
    out
}

/// The times of EXPLAIN ANALYZE as words.
fn without_times(shown: &str) -> String {
    let mut is_steps = false;
    let mut lines = Vec::new();
    for line in shown.lines() {
        is_steps = line.starts_with("step  ") || is_steps && !line.contains("; it took ");
        let (start, last) = line.rsplit_once(' ').unwrap_or((line, ""));
        lines.push(match line.split_once("; it took ") {
            Some((start, _)) => format!("{start}; it took <ms> ms"),
            None if is_steps && last.parse::<f64>().is_ok() => format!("{} <ms>", start.trim_end()),
            None => line.to_string(),
        });
    }
    lines.join("\n") + if shown.ends_with('\n') { "\n" } else { "" }
}

/// Without the notes on what the kernel sorts and groups, on a backend that does most of it itself.
/// The pages are of servers before Milvus 3.0, which leave all of it to the kernel.
pub fn without_notes(text: &str, backend: &str) -> String {
    let notes = ["note: sorted in the kernel", "note: grouped in the kernel"];
    let is_note = |line: &&str| notes.iter().any(|note| line.starts_with(note));
    text.lines().filter(|line| backend != "engine" || !is_note(line)).collect::<Vec<_>>().join("\n")
}

/// The lines of a table of one column, as text shows it.
pub fn column(shown: &str) -> Vec<String> {
    let lines: Vec<&str> = shown.lines().collect();
    lines
        .get(2..lines.len().saturating_sub(1))
        .unwrap_or_default()
        .iter()
        .map(|line| line.trim().to_string())
        .collect()
}
