//! The names under which people write secrets: of parameters, fields and variables, and of what a
//! request has. In: a name. Out: whether what it is given is to be shown. Knows no syntax.

/// Whether what is given to this name is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    const ENDS: [&str; 12] = [
        "password",
        "passwd",
        "pwd",
        "pw",
        "secret",
        "token",
        "credentials",
        "apikey",
        "api_key",
        "access_key",
        "secret_key",
        "private_key",
    ];
    let name = name.to_ascii_lowercase();
    ENDS.iter().any(|end| name.ends_with(end))
}
