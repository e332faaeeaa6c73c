//! What analyzers make of texts: by parameters, or by the analyzer of a field.

use milvus_proto::milvus as pb;

use crate::analyzer::{Analyzer, Token, term_id};
use crate::error::{Error, Kind, Result, success};
use crate::schema::param;
use crate::search::texts::FieldAnalyzer;
use crate::service::Context;

pub(crate) fn run(
    context: &mut Context<'_>,
    request: pb::RunAnalyzerRequest,
) -> Result<pb::RunAnalyzerResponse> {
    let analyzer = match request.collection_name.as_str() {
        "" => FieldAnalyzer::One(
            Analyzer::from_params(Some(&request.analyzer_params)).map_err(Error::invalid)?,
        ),
        name => {
            let collection = context.catalog.collection(&request.db_name, name)?;
            if request.field_name.is_empty() {
                return Err(Error::new(
                    Kind::ParameterMissing,
                    "field name must be set when collection name set",
                ));
            }
            let (_, field) = collection.schema.field(&request.field_name)?;
            if param(&field.message.type_params, "enable_analyzer") != Some("true") {
                return Err(Error::invalid(format!(
                    "field {} has no analyzer: enable_analyzer is not set",
                    field.name
                )));
            }
            FieldAnalyzer::new(field)?
        }
    };
    let names = &request.analyzer_names;
    let texts = request.placeholder.iter().enumerate();
    if names.len() > 1 && names.len() != request.placeholder.len() {
        return Err(Error::invalid(format!(
            "analyzer names should be one for all texts or one a text: {} names, {} texts",
            names.len(),
            request.placeholder.len()
        )));
    }
    let results = texts
        .map(|(number, text)| {
            let text = std::str::from_utf8(text)
                .map_err(|_| Error::invalid(format!("text {number} is no UTF-8")))?;
            let name = names.get(number).or(names.first()).map_or("", String::as_str);
            let tokens = analyzer.named(name).tokens(text).into_iter();
            Ok(pb::AnalyzerResult { tokens: tokens.map(|token| told(&request, token)).collect() })
        })
        .collect::<Result<_>>()?;
    Ok(pb::RunAnalyzerResponse { status: Some(success()), results })
}

fn told(request: &pb::RunAnalyzerRequest, token: Token) -> pb::AnalyzerToken {
    let hash = if request.with_hash { term_id(&token.text) } else { 0 };
    let place = match request.with_detail {
        true => pb::AnalyzerToken {
            start_offset: token.start_offset as i64,
            end_offset: token.end_offset as i64,
            position: token.position as i64,
            position_length: token.position_length as i64,
            ..Default::default()
        },
        false => pb::AnalyzerToken::default(),
    };
    pb::AnalyzerToken { token: token.text, hash, ..place }
}
