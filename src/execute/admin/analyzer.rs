//! RUN ANALYZER: what full text search makes of a text (Milvus docs: analyzer overview).

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::context::Context;
use crate::execute::define::schema::named_analyzer;
use crate::execute::params;
use crate::language::ast::{Name, Param, Value};
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};
use milvus_proto::milvus as pb;

/// By the analyzer of a field, or by the one that the parameters describe; the server's standard
/// one without either.
pub(crate) async fn run<P: Platform>(
    texts: &Spanned<Value>,
    of: Option<&(Name, Name)>,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut request = pb::RunAnalyzerRequest {
        placeholder: texts_of(texts)?.into_iter().map(String::into_bytes).collect(),
        with_detail: true,
        ..Default::default()
    };
    if let Some((table, field)) = of {
        context.collection(table).await?.field(field)?;
        request.collection_name = table.value.clone();
        request.field_name = field.value.clone();
        if let Some(param) = written.first() {
            let message = format!("`{field}` has an analyzer of its own");
            return Err(Diagnostic::new(Code::SyntaxError, message)
                .at(param.name.span)
                .help("leave WITH out, or `ON`"));
        }
    }
    for param in written {
        request.analyzer_params = match param.name.value.to_ascii_lowercase().as_str() {
            "analyzer" => named_analyzer(param)?,
            "analyzer_params" => params::plain(params::one(param)?)?,
            _ => return Err(params::unknown(param, &["analyzer", "analyzer_params"])),
        };
    }
    let results = context.send(request, texts.span).await?.results;
    Ok(tokens(results, matches!(texts.value, Value::List(_))))
}

fn texts_of(texts: &Spanned<Value>) -> Result<Vec<String>> {
    match &texts.value {
        Value::List(items) => {
            items.iter().map(|item| params::text(item).map(|text| text.value)).collect()
        }
        _ => Ok(vec![params::text(texts)?.value]),
    }
}

/// A row a token; of `several` texts each with the number of its own.
fn tokens(results: Vec<pb::AnalyzerResult>, several: bool) -> Outcome {
    let mut rows = Vec::new();
    let mut groups = Vec::new();
    for (at, result) in results.into_iter().enumerate() {
        if at > 0 {
            groups.push(rows.len());
        }
        for token in result.tokens {
            let mut row = if several { vec![Datum::Int(at as i64 + 1)] } else { Vec::new() };
            row.extend([
                Datum::Int(token.position),
                Datum::Text(token.token),
                Datum::Int(token.start_offset),
                Datum::Int(token.end_offset),
            ]);
            rows.push(row);
        }
    }
    let heads = [
        ("text_no", Type::Int),
        ("position", Type::Int),
        ("token", Type::Text),
        ("start", Type::Int),
        ("end", Type::Int),
    ];
    let heads = heads.into_iter().skip(usize::from(!several));
    let mut table = Table::new(heads.map(|(name, kind)| Column::new(name, kind)).collect(), rows);
    table.groups = groups;
    let done = plural(table.total, "token", "tokens");
    Outcome::table(table).with_done(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(token: &str) -> pb::AnalyzerResult {
        let token = pb::AnalyzerToken { token: token.to_string(), ..Default::default() };
        pb::AnalyzerResult { tokens: vec![token] }
    }

    #[test]
    fn the_tokens_of_several_texts_are_numbered_and_kept_apart() {
        let one = tokens(vec![result("a")], false);
        assert_eq!(one.tables[0].columns.len(), 4);
        let two = tokens(vec![result("a"), result("b")], true);
        let table = &two.tables[0];
        assert_eq!((table.rows[1][0].clone(), table.groups.as_slice()), (Datum::Int(2), &[1][..]));
    }
}
