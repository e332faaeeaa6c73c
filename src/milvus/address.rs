//! What a connection is made to. In: what the user wrote behind `milvus://` or `CONNECT`. Out: a
//! URL for the transport and credentials, or a store of the engine.

use super::store::Store;

/// The original's default port, and Milvus's own.
pub const DEFAULT_PORT: u16 = 19530;

/// What CONNECT names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// a server behind a gRPC-Web proxy
    Remote(Address),
    /// the engine in the tab
    Engine(Store),
}

impl Target {
    /// Reads what stands behind `milvus://` or `CONNECT`. The error is a reason in words.
    pub fn parse(text: &str) -> Result<Target, String> {
        match Store::parse(text)? {
            Some(store) => Ok(Target::Engine(store)),
            None => Address::parse(text).map(Target::Remote),
        }
    }

    /// What errors and lists of connections show; never a secret.
    pub fn url(&self) -> String {
        match self {
            Target::Remote(address) => address.url(),
            Target::Engine(store) => store.url(),
        }
    }

    pub fn user(&self) -> Option<&str> {
        match self {
            Target::Remote(address) => address.user.as_deref(),
            Target::Engine(_) => None,
        }
    }

    /// What nobody may repeat: the password or token, and what is sent of it. A word as short as
    /// the first password of every Milvus, `Milvus`, may well stand in an answer by itself.
    pub fn secrets(&self) -> Vec<String> {
        use base64::Engine as _;
        match self {
            Target::Remote(address) => {
                let sent = address.credentials();
                let sent = sent.map(|text| base64::engine::general_purpose::STANDARD.encode(text));
                let all = [address.password.clone(), address.token.clone(), sent];
                all.into_iter().flatten().filter(|secret| secret.len() > 6).collect()
            }
            Target::Engine(_) => Vec::new(),
        }
    }

    /// The database to begin with; empty for the server's default one.
    pub fn database(&self) -> &str {
        let database = match self {
            Target::Remote(address) => &address.database,
            Target::Engine(store) => &store.database,
        };
        database.as_deref().unwrap_or_default()
    }
}

/// A server's place and how to enter it. Its `Debug` and its URL never show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub secure: bool,
    pub host: String,
    pub port: u16,
    pub user: Option<String>,
    pub password: Option<String>,
    pub token: Option<String>,
    pub database: Option<String>,
}

impl Address {
    /// `http://host:port`: what the transport opens and what errors show.
    pub fn url(&self) -> String {
        format!("{}://{}:{}", if self.secure { "https" } else { "http" }, self.host, self.port)
    }

    /// What goes into the `authorization` metadata, before base64: `user:password`, or a token as
    /// it is.
    pub fn credentials(&self) -> Option<String> {
        if let Some(token) = &self.token {
            return Some(token.clone());
        }
        self.user
            .as_ref()
            .map(|user| format!("{user}:{}", self.password.as_deref().unwrap_or_default()))
    }

    /// Reads `milvus://`, `http://`, `https://` or a bare `host[:port]`. The error is a reason in
    /// words.
    pub fn parse(text: &str) -> Result<Address, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("milvus", text));
        let mut secure = match scheme.to_ascii_lowercase().as_str() {
            "milvus" | "http" | "tcp" => false,
            "https" => true,
            // what stands in its place may be a part of a password
            _ => return Err("this is no scheme of a Milvus server".to_string()),
        };
        // the last @ ends the credentials: a password may hold one, and a question mark
        let (login, rest) =
            rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.strip_prefix('[') {
            Some(v6) => {
                let (host, tail) =
                    v6.split_once(']').ok_or("the IPv6 address is not closed with `]`")?;
                (format!("[{host}]"), tail.strip_prefix(':'))
            }
            None => match place.rsplit_once(':') {
                Some((host, port)) => (host.to_string(), Some(port)),
                None => (place.to_string(), None),
            },
        };
        if host.is_empty() {
            return Err("no host is named".to_string());
        }
        if host.contains(|char: char| !(char.is_alphanumeric() || "-._[]:".contains(char))) {
            return Err("a host has letters, digits, `-`, `.` and `_` in it".to_string());
        }
        let port = match port {
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or("the port is no number from 1 to 65535")?,
            None => DEFAULT_PORT,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "true")) {
                ("secure" | "tls", value) => secure = matches!(value, "true" | "1" | "yes" | "on"),
                _ => return Err("the only option is `secure`".to_string()),
            }
        }
        let (mut user, mut password, mut token) = (None, None, None);
        match login.map(|login| login.split_once(':').ok_or(login)) {
            Some(Ok((name, secret))) => {
                user = Some(decode(name));
                password = Some(decode(secret));
            }
            Some(Err(secret)) => token = Some(decode(secret)),
            None => {}
        }
        let database = (!database.trim_end_matches('/').is_empty())
            .then(|| decode(database.trim_end_matches('/')));
        Ok(Address { secure, host, port, user, password, token, database })
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url())
    }
}

/// Undoes %-escapes; what is no escape stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%')
            .then(|| {
                text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok())
            })
            .flatten();
        out.push(escape.unwrap_or(*byte));
        at += if escape.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_part() {
        let address =
            Address::parse("milvus://root:p@ss%2F%231@h.example:443/books?secure=true").unwrap();
        assert_eq!(address.url(), "https://h.example:443");
        assert_eq!(address.credentials().as_deref(), Some("root:p@ss/#1"));
        assert_eq!(address.database.as_deref(), Some("books"));
        assert!(!format!("{address:?}").contains("ss"));
    }

    #[test]
    fn a_password_may_hold_what_ends_something() {
        for (text, credentials) in [
            ("milvus://u:1?secure=true@h", "u:1?secure=true"),
            ("milvus://u:a/b#c@h:1/d?secure=true", "u:a/b#c"),
            ("u:a@b@h", "u:a@b"),
            ("t?k@h", "t?k"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(
                (address.host.as_str(), address.credentials().as_deref()),
                ("h", Some(credentials))
            );
        }
    }

    #[test]
    fn has_the_defaults_of_the_original() {
        let address = Address::parse("milvus://localhost").unwrap();
        assert_eq!(address.url(), "http://localhost:19530");
        assert_eq!(address.credentials(), None);
        assert_eq!(Address::parse("milvus://[::1]:1").unwrap().url(), "http://[::1]:1");
        assert_eq!(Address::parse("https://h").unwrap().url(), "https://h:19530");
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, reason) in [
            ("milvus://", "no host is named"),
            ("milvus://h:x", "the port is no number from 1 to 65535"),
            ("milvus://h:99999", "the port is no number from 1 to 65535"),
            ("ftp://h", "this is no scheme of a Milvus server"),
            ("milvus://h?tsl=1", "the only option is `secure`"),
            ("milvus://a b", "a host has letters, digits, `-`, `.` and `_` in it"),
        ] {
            assert_eq!(Address::parse(text).unwrap_err(), reason, "{text}");
        }
    }
}
