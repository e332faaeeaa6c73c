//! Passwords and tokens: text, or PROMPT, which asks whoever runs the cell for one.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::params;
use crate::language::ast::Value;

/// A secret as it was written, or as it is typed now. `what` says which one `prompt` asks for.
pub(crate) async fn secret(
    word: &Spanned<Value>,
    what: &str,
    prompt: impl AsyncFnOnce(&str) -> Option<String>,
) -> Result<String> {
    if word.value != Value::Prompt {
        return Ok(params::text(word)?.value);
    }
    match prompt(&format!("{what}: ")).await {
        Some(typed) if !typed.is_empty() => Ok(typed),
        Some(_) => Err(Diagnostic::new(Code::NoInput, "nothing was typed")
            .at(word.span)
            .help("run the cell again, and end what you type with Enter")),
        None => {
            Err(Diagnostic::new(Code::NoInput, "there is nobody to ask here").at(word.span).help(
                "PROMPT works in a notebook and in a console; elsewhere write the secret as \
                text, or take it from a variable",
            ))
        }
    }
}
