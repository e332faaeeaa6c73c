//! No secret of a cell is in what is shown for it: not in an error's text, value or traceback, not
//! in a result, a notice, EXPLAIN or a list. Every form is tried by itself, between other
//! statements, behind EXPLAIN and comments, cut off and with a slip in it; the secret is one that
//! is nowhere else.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use base64::Engine as _;
use milvus_kernel::language::parse::parse;
use milvus_kernel::render::Content;
use milvus_kernel::session::Session;
use native::{Native, block_on};

/// The two parts of every secret; between them stands what could end it.
const FIRST: &str = "Qz7hK2p";
const SECOND: &str = "xV9mW4t";

/// Nobody answers there.
const NOWHERE: &str = "127.0.0.1:1";

/// Cells with a secret at `§`, within quotes; `%` is an address where nobody answers.
const QUOTED: &[&str] = &[
    // ours
    "CONNECT 'http://%' USER 'u' PASSWORD '§'",
    "CONNECT 'http://%' USER u PASSWORD '§' DATABASE d AS a",
    "CONNECT 'http://%' PASSWORD '§'",
    "CONNECT 'http://%' TOKEN '§'",
    "CONNECT 'http://%' TOKEN '§' USER 'u' USER 'u'",
    "CONNECT 'http://%' TOKEN '§' TOKEN 'x'",
    "CONNECT 'http://%' USER 'u' PASSWORD '§' PASSWORD PROMPT",
    "CONNECT milvus://% USER 'u' PASSWORD '§'",
    "CONNECT milvus://%/d?secure=true TOKEN '§'",
    "CREATE USER u PASSWORD '§'",
    "CREATE USER 'u' PASSWORD '§'",
    "CREATE USER `u` PASSWORD '§'",
    "CREATE USER IF NOT EXISTS u PASSWORD '§'",
    "ALTER USER u PASSWORD '§'",
    "ALTER USER u PASSWORD '§' OLD PROMPT",
    "ALTER USER u PASSWORD 'n' OLD '§'",
    "ALTER USER u PASSWORD PROMPT OLD '§'",
    "create user u password '§'",
    "Alter\tUser\nu\nPassword\n'§'\nOld\n'o'",
    "SET @p = '§'",
    "SET @p = ['§']",
    "SET @p = {'password': '§'}",
    // a comment in between
    "CONNECT 'http://%' USER 'u' /* x */ PASSWORD /* y */ '§'",
    "ALTER USER u -- x\nPASSWORD # y\n'§'",
    "CREATE USER u PASSWORD -- '§'\n'x'",
    "CREATE USER u PASSWORD 'x' -- it was '§'",
    "/* '§' */ CREATE USER u PASSWORD 'x'",
    "-- CONNECT 'http://%' TOKEN '§'",
    "SHOW TABLES /* CREATE USER u PASSWORD '§' */",
    // a word misspelt, left out or too many
    "CONECT 'http://%' USER 'u' PASSWORD '§'",
    "CONNCT 'http://%' TOKEN '§'",
    "CONTACT 'http://%' TOKEN '§'",
    "CONNECT TO 'http://%' TOKEN '§'",
    "CONNECT 'http://%' USR 'u' PASSWORD '§'",
    "CONNECT 'http://%' USER 'u' PASWORD '§'",
    "CONNECT 'http://%' USER 'u' PASSWRD = '§'",
    "CONNECT 'http://%' USER 'u' PASSWORD = '§'",
    "CONNECT 'http://%' USER = 'u' PASSWORD = '§'",
    "CONNECT 'http://%' TOKE '§'",
    "CONNECT 'http://%' TOKEN: '§'",
    "CONNECT 'http://%' WITH (token = '§')",
    "CONNECT 'http://%' WITH (user = 'u', password = '§')",
    "CONNECT (uri = 'http://%', token = '§')",
    "CONNECT '§' TOKEN 'x'y",
    "CREAT USER u PASSWORD '§'",
    "CREATE USR u PASSWORD '§'",
    "CREATE USER u PASWORD '§'",
    "CREATE USER u '§'",
    "CREATE USER u PASSWORD IS '§'",
    "CREATE USER u PASSWORD('§')",
    "CREATE USER u WITH (password = '§')",
    "CREATE USER u PASSWORD 'x' PASSWORD '§'",
    "CREATE USER PASSWORD '§'",
    "ALTER USR u PASSWORD '§'",
    "ALTR USER u PASSWORD '§'",
    "ALTER USER u PASSWORD 'n' OLDE '§'",
    "ALTER USER u OLD '§' PASSWORD 'n'",
    "ALTER USER u PASSWORD '§' NEW 'n'",
    "ALTER USER u SET PASSWORD '§'",
    "ALTER USER u SET PASSWORD = '§'",
    "ALTER USER u SET (password = '§')",
    "ALTER USER u PASSWORD 'n' OLD = '§'",
    "CREATE ROLE r PASSWORD '§'",
    "ALTER ROLE r PASSWORD '§'",
    "CREATE DATABASE d PASSWORD '§'",
    "CREATE DATABASE d WITH (password = '§')",
    "ALTER DATABASE d SET PROPERTIES (token = '§')",
    "IMPORT FROM 'a' INTO t WITH (secret_key = '§')",
    "COPY t FROM 'a.csv' WITH (secret_key = '§')",
    "DROP USER u PASSWORD '§'",
    "SET p = '§'",
    "SET default_connection = 'milvus://u:§@%'",
    "SET default_connection = 'http://u:§@%/d'",
    "SET default_conection = 'milvus://u:§@%'",
    "SET password = '§'",
    "SET @p '§'",
    "SET @p := '§'",
    "SET @@p = '§'",
    "SET p := '§'",
    "SET PASSWORD '§'",
    "SHOW TABLES CONNECT 'http://%' TOKEN '§'",
    "SELECT * FROM t\nCREATE USER u PASSWORD '§'",
    "EXPLAN CREATE USER u PASSWORD '§'",
    "EXPLAIN CONECT 'http://%' TOKEN '§'",
    // other databases
    "CREATE USER u IDENTIFIED BY '§'",
    "CREATE USER 'u'@'%' IDENTIFIED BY '§'",
    "CREATE USER u IDENTIFIED WITH plain BY '§'",
    "CREATE USER u WITH PASSWORD '§'",
    "CREATE USER u WITH ENCRYPTED PASSWORD '§'",
    "CREATE USER u FOR LOGIN l WITH PASSWORD = '§'",
    "CREATE LOGIN u WITH PASSWORD = '§'",
    "CREATE ROLE u LOGIN PASSWORD '§'",
    "CREATE ROLE u WITH LOGIN PASSWORD '§' VALID UNTIL 'x'",
    "CREATE SECRET s AS '§'",
    "CREATE SERVER s OPTIONS (user 'u', password '§')",
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (password '§')",
    "ALTER USER u IDENTIFIED BY '§' REPLACE 'x'",
    "ALTER USER u WITH PASSWORD '§'",
    "ALTER USER u@h IDENTIFIED BY '§'",
    "ALTER ROLE u WITH PASSWORD '§'",
    "ALTER LOGIN u WITH PASSWORD = '§' OLD_PASSWORD = 'x'",
    "SET PASSWORD FOR u = '§'",
    "SET PASSWORD FOR 'u'@'%' = PASSWORD('§')",
    "SET PASSWORD = PASSWORD('§')",
    "SET PASSWORD TO '§'",
    "SET SESSION AUTHORIZATION 'u' PASSWORD '§'",
    "GRANT ALL ON *.* TO 'u'@'%' IDENTIFIED BY '§'",
    "GRANT ALL ON t TO u IDENTIFIED BY '§' WITH GRANT OPTION",
    "GRANT ROLE r TO u PASSWORD '§'",
    "GRANT ALL ON t TO u IDENTIFED BY '§'",
    "UPDATE mysql.user SET authentication_string = PASSWORD('§') WHERE user = 'u'",
    "UPDATE users SET password = '§' WHERE id = 1",
    "INSERT INTO users (id, password) VALUES (1, '§')",
    "INSERT INTO users VALUES (1, {'password': '§'})",
    "CHANGE MASTER TO MASTER_PASSWORD = '§'",
    "ATTACH DATABASE 'd' KEY '§'",
    "PRAGMA key = '§'",
    "AUTH '§'",
    "LOGIN 'u' '§'",
    "USER 'u' '§'",
    "PASSWORD '§'",
    "TOKEN '§'",
    "\\connect d u '§'",
    ":connect h -U u -P '§'",
    "client = MilvusClient(uri='http://%', token='§')",
    "connections.connect(user='u', password='§')",
    "from pymilvus import connections; connections.connect(token='§')",
    "mysql -u root -p'§'",
    "import os; os.environ['T'] = '§'",
];

/// Cells with a secret at `§` without quotes.
const BARE: &[&str] = &[
    "CONNECT 'http://%' USER u PASSWORD §",
    "CONNECT 'http://%' TOKEN §",
    "CONNECT 'http://%' TOKEN `§`",
    "CONNECT 'http://%' TOKEN \"§\"",
    "CONNECT 'http://%' TOKEN=§",
    "CONNECT 'http://%' PASSWORD: §",
    "CONNECT 'http://%' §",
    "CONNECT 'http://%' USER u § DATABASE d",
    "CONNECT §",
    "CREATE USER u PASSWORD §",
    "CREATE USER u PASSWORD `§`",
    "CREATE USER u PASSWORD \"§\"",
    "CREATE USER u PASSWORD :§",
    "CREATE USER u PASSWORD $§",
    "CREATE USER u PASSWORD 1§",
    "CREATE USER u PASSWORD (§)",
    "CREATE USER u PASWORD §",
    "CREATE USER u §",
    "CREATE USER u PASSWORD '§",
    "CREATE USER u PASSWORD ‘§’",
    "CREATE USER u PASSWORD “§”",
    "CREATE USER u PASSWORD '' §",
    "CREATE USER u IDENTIFIED BY §",
    "ALTER USER u PASSWORD § OLD x",
    "ALTER USER u PASSWORD n OLD §",
    "ALTER USER u PASSWORD n OLD `§`",
    "ALTER USER u PASSWORD n §",
    "ALTER USER u §",
    "ALTER ROLE u PASSWORD §",
    "SET @p = §",
    "SET @p = \"§\"",
    "SET p = §",
    "SET password = §",
    "SET PASSWORD FOR u TO §",
    "AUTH §",
    "mysql -u root -p§",
    "milvus-cli connect -uri http://% -t §",
    // addresses
    "milvus://u:§@%",
    "milvus://§@%",
    "milvus://u:§@%/d?secure=true",
    "milvus://u:§@%?tsl=1",
    "milvus://u:§@%:x",
    "milvus://u:p?§@%",
    "milvus://u:1?§@%",
    "milvus://u:p/§@%",
    "milvus://u:p#§@%",
    "milvus://u:p'§@%",
    "milvus://u:p--§@%",
    "milvus://u:a@§@%",
    "milvus://u:§",
    "milvus://%?token=§",
    "milvus://%?§",
    "milvus://u:§@",
    "milvus://u:§@% x",
    "MILVUS://u:§@%",
    "http://u:§@%",
    "https://u:§@%",
    "postgres://u:§@%/d",
    "mivus://u:§@%",
    "milvus:/u:§@%",
    "milvus:u:§@%",
    "u:§@%",
    "§@%",
    "CONNECT 'http://u:§@%'",
    "CONNECT 'u:§@%'",
    "CONNECT '§@%'",
    "CONNECT 'u:§'",
    "CONNECT 'https://u:§@%/d?secure=true' DATABASE d",
    "CONNECT 'https://u:1?§@%'",
    "CONNECT 'ftp://u:§@%'",
    "CONNECT '§://%'",
    "CONNECT \"http://u:§@%\"",
    "CONNECT http://u:§@%",
    "CONNECT milvus://u:§@%",
    "CONNECT milvus://u:p--§@%",
    "CONNECT milvus://u:p'§@%",
    "CONNECT milvus://u:§@% USR u",
    "CONNECT u:§@%",
    "CONNECT '%?token=§'",
    "CONECT 'http://u:§@%'",
    "USE milvus://u:§@%",
    "USE CONNECTION 'http://u:§@%'",
    "IMPORT FROM 's3://k:§@b/f.json' INTO t",
    "COPY t FROM 'https://k:§@h/f.csv'",
    "INSERT INTO t VALUES (1, 'http://u:§@h/x')",
    "SELECT * FROM t WHERE url = 'http://u:§@h/x'",
    "SELECT * FORM t WHERE url = 'http://u:§@h/x'",
];

/// What may stand within a secret in quotes.
const WITHIN_QUOTES: &[&str] = &[
    "", " ", ";", "; ", "''", "\\'", "\n", "\t", "--", "#", "/*", "@", "://", "?", ":", "=", "\"",
    "`", "表👋",
];

/// What may stand within one without.
const WITHIN: &[&str] = &["", "-", "!", "@", "?", ":", ";", "--", "#", "'", "$", "é", "[", " "];

/// What is read as something else: a user before a colon, a host behind an @.
const NO_SECRETS: &[(&str, &str)] = &[
    (":", "milvus://§@%"),
    (":", "CONNECT '§@%'"),
    ("@", "milvus://u:§"),
    ("@", "milvus://%?token=§"),
    ("@", "milvus://%?§"),
    ("@", "CONNECT 'u:§'"),
    ("@", "CONNECT '%?token=§'"),
];

/// A cell with its secret, and all the texts of it that may not be shown.
struct Form {
    cell: String,
    secrets: Vec<String>,
    is_word: bool,
}

fn forms(templates: &[&str], within: &[&str]) -> Vec<Form> {
    let mut forms = Vec::new();
    for template in templates {
        for within in within {
            if NO_SECRETS.contains(&(within, template)) {
                continue;
            }
            let secret = format!("{FIRST}{within}{SECOND}");
            let plain = secret.replace("''", "'").replace("\\'", "'");
            let encoded = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
            forms.push(Form {
                cell: template.replace('§', &secret).replace('%', NOWHERE),
                secrets: vec![
                    FIRST.to_lowercase(),
                    SECOND.to_lowercase(),
                    encoded(plain.clone()).to_lowercase(),
                    encoded(format!("u:{plain}")).to_lowercase(),
                ],
                is_word: within.is_empty(),
            });
        }
    }
    forms
}

/// All that a notebook keeps of a cell: its results in every MIME type, and its error.
fn shown(session: &Session<Native>, cell: &str) -> String {
    let mut out = String::new();
    let result = block_on(session.run(cell, |outcome| {
        for part in session.render(outcome) {
            match part.content {
                Content::Text(text) | Content::Json(text) => out.push_str(&text),
            }
        }
    }));
    if let Err(error) = result {
        out.push_str(&in_notebook(&error, cell));
    }
    out
}

fn in_notebook(error: &milvus_kernel::diagnostic::Diagnostic, cell: &str) -> String {
    format!("{} {} {}", error.code.name(), error.message, error.render(cell, true))
}

/// Gathers what shows a secret, so that one run tells of all.
#[derive(Default)]
struct Leaks(Vec<String>, usize);

impl Leaks {
    fn look(&mut self, form: &Form, cell: &str, shown: &str) {
        self.1 += 1;
        let lower = shown.to_lowercase();
        if form.secrets.iter().any(|secret| lower.contains(secret)) {
            self.0.push(format!("--- {cell:?}\n{shown}"));
        }
    }

    fn none(self) {
        let Leaks(leaks, looked) = self;
        println!("{looked} cells");
        let few = leaks.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
        assert!(leaks.is_empty(), "{} of {looked} cells show a secret\n{few}", leaks.len());
    }
}

fn all() -> Vec<Form> {
    let mut all = forms(QUOTED, WITHIN_QUOTES);
    all.extend(forms(BARE, WITHIN));
    all
}

#[test]
fn there_are_enough_forms() {
    assert!(QUOTED.len() + BARE.len() > 200, "{} + {}", QUOTED.len(), BARE.len());
}

/// In a session: an error before the secret, in it and behind it, what does not parse and what
/// fails when it is run; then all that can be listed.
#[test]
fn nothing_that_a_cell_shows_has_a_secret_in_it() {
    let mut leaks = Leaks::default();
    for (index, form) in all().iter().enumerate() {
        let session = Session::new(Native::new());
        session_settings(&session);
        let cell = &form.cell;
        let contexts = [
            cell.clone(),
            format!("SELEC 1; {cell}"),
            format!("SELECT a FORM t WHERE b = 'c'; {cell}"),
            format!("SHOW TABLES; {cell}"),
            format!("{cell}; SELEC 1"),
            format!("{cell}; SELECT a FORM t"),
            format!("{cell};SELEC 1"),
            format!("{cell}; SHOW TABLES"),
            format!("{cell}; CONNECT '{NOWHERE}' USER u PASSWORD :p"),
            format!("{cell} oops 'x'"),
            format!("{cell} 'x"),
            format!("EXPLAIN {cell}"),
            format!("explain /* x */ Explain\n{cell}"),
            format!("-- a comment\n{cell}"),
            format!("/* a; comment */ {cell}; SELEC 1 -- another"),
        ];
        // a secret of one word in all of them, the others in one after the other
        let turn = 1 + index % (contexts.len() - 1);
        for (number, cell) in contexts.iter().enumerate() {
            if form.is_word || number == 0 || number == turn {
                let kept = session.history(cell);
                leaks.look(form, cell, &format!("{}{kept}", shown(&session, cell)));
            }
        }
        let cell = "SHOW CONNECTIONS; SHOW VARIABLES; SHOW SETTINGS; SHOW TABLES";
        leaks.look(form, cell, &shown(&session, cell));
    }
    leaks.none();
}

fn session_settings(session: &Session<Native>) {
    assert_eq!(block_on(session.run("SET table_schema = on", |_| ())), Ok(()));
}

/// With one slip more, at every place but in the secret: a sign left out or too many, one kind
/// after the other, or nothing but the beginning.
#[test]
fn nothing_that_does_not_parse_shows_a_secret() {
    const SLIPS: [&str; 14] =
        ["'", "\"", "`", ";", "(", ")", "@", ",", "/*", "--", " x ", "\n", "=", ":"];
    let mut leaks = Leaks::default();
    for (turn, form) in forms(QUOTED, &[""]).iter().chain(&forms(BARE, &[""])).enumerate() {
        // with a slip in its names, what goes into a table is no secret any more
        if form.cell.starts_with("UPDATE") || form.cell.starts_with("INSERT") {
            continue;
        }
        let secret = form.cell.find(FIRST).expect("a secret");
        let behind = secret + FIRST.len() + SECOND.len();
        let places = form.cell.char_indices().map(|(at, _)| at).chain([form.cell.len()]);
        for at in places.filter(|at| *at <= secret || *at >= behind) {
            let (before, rest) = form.cell.split_at(at);
            let slip = SLIPS[(turn + at) % SLIPS.len()];
            let less = match rest.chars().next() {
                Some(next) if at < secret => &rest[next.len_utf8()..],
                // a comment alone
                _ if form.cell.starts_with("/*") => rest,
                _ => "",
            };
            for cell in [format!("{before}{slip}{rest}"), format!("{before}{less}")] {
                // there it is a user's name, or in a comment by itself
                if ["USER  Qz", "USER uQz", "os;/*"].iter().any(|known| cell.contains(known)) {
                    continue;
                }
                if let Err(error) = parse(&cell) {
                    leaks.look(form, &cell, &in_notebook(&error, &cell));
                }
            }
        }
    }
    leaks.none();
}
