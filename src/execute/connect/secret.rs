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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    /// What is asked here is answered at once.
    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("nothing is waited for"),
        }
    }

    fn asked(value: Value, typed: Option<&str>) -> Result<String> {
        let word = Spanned::new(value, Span::new(3, 9));
        run(secret(&word, "Password", async |prompt| {
            assert_eq!(prompt, "Password: ");
            typed.map(str::to_string)
        }))
    }

    #[test]
    fn a_secret_is_what_is_written_or_typed() {
        assert_eq!(asked(Value::Text("a".to_string()), None).unwrap(), "a");
        assert_eq!(asked(Value::Prompt, Some("b")).unwrap(), "b");
    }

    #[test]
    fn nothing_typed_and_nobody_there_are_errors_at_the_prompt() {
        for typed in [Some(""), None] {
            let error = asked(Value::Prompt, typed).unwrap_err();
            assert_eq!((error.code, error.span), (Code::NoInput, Some(Span::new(3, 9))));
        }
    }
}
