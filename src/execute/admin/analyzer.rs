//! RUN ANALYZER: what full text search makes of a text (Milvus docs: analyzer overview).

use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::execute::Result;
use crate::execute::context::Context;
use crate::execute::define::schema::named_analyzer;
use crate::execute::errors::diagnose;
use crate::execute::params;
use crate::language::ast::{Name, Param, Value};
use crate::milvus::{Effect, Fields, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};

/// By the analyzer of a field, or by the one that the parameters describe; the server's standard
/// one without either.
pub async fn run<P: Platform>(
    texts: &Spanned<Value>,
    of: Option<&(Name, Name)>,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let several = matches!(texts.value, Value::List(_));
    let placeholder = match &texts.value {
        Value::List(items) => items
            .iter()
            .map(|item| params::text(item).map(|text| text.value))
            .collect::<Result<Vec<_>>>()?,
        _ => vec![params::text(texts)?.value],
    };
    let mut fields: Fields =
        vec![("placeholder", placeholder.into()), ("with_detail", true.into())];
    if let Some((table, field)) = of {
        let collection = context.collection(table).await?;
        collection.field(field)?;
        fields.extend([
            ("collection_name", (&table.value).into()),
            ("field_name", (&field.value).into()),
        ]);
        if let Some(param) = written.first() {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                format!("`{field}` has an analyzer of its own"),
            )
            .at(param.name.span)
            .help("leave WITH out, or `ON`"));
        }
    }
    for param in written {
        let described = match param.name.value.to_ascii_lowercase().as_str() {
            "analyzer" => named_analyzer(param)?,
            "analyzer_params" => params::plain(params::one(param)?)?,
            _ => return Err(params::unknown(param, &["analyzer", "analyzer_params"])),
        };
        fields.push(("analyzer_params", described.into()));
    }
    let reply = context
        .client
        .ask("RunAnalyzer", Effect::Read, fields)
        .await
        .map_err(|error| diagnose(error, texts.span))?;
    let mut rows = Vec::new();
    let mut groups = Vec::new();
    for (at, result) in reply.messages("results").iter().enumerate() {
        if at > 0 {
            groups.push(rows.len());
        }
        for token in result.messages("tokens") {
            let mut row = if several { vec![Datum::Int(at as i64 + 1)] } else { Vec::new() };
            row.push(Datum::Int(token.int("position")));
            row.push(Datum::Text(token.text("token")));
            row.extend(["start_offset", "end_offset"].map(|name| Datum::Int(token.int(name))));
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
    let columns = heads
        .into_iter()
        .skip(usize::from(!several))
        .map(|(name, kind)| Column::new(name, kind))
        .collect();
    let mut table = Table::new(columns, rows);
    table.groups = groups;
    let done = plural(table.total, "token", "tokens");
    Ok(Outcome::table(table).with_done(done))
}
