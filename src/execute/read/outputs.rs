//! What a SELECT shows: fields of the schema, keys of the dynamic field, paths into JSON and
//! arrays. In: items. Out: the names to ask a server for, and columns of values made of what it
//! sends.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::convert::datum;
use crate::execute::read::operand::is_identifier;
use crate::execute::value::path_head;
use crate::language::ast::{Item, Items, Name, Output, Value};
use crate::outcome::{Column, Datum, Table, Type};
use milvus_proto::schema::{DataType, FieldData};

pub(crate) struct Outputs {
    /// the names to ask the server for
    pub(crate) names: Vec<String>,
    /// the columns that are shown, in order; `None` is all there are
    fields: Option<Vec<OutputField>>,
}

/// A field that is shown, or a part of it.
#[derive(Clone)]
pub(crate) struct OutputField {
    pub(crate) head: String,
    pub(crate) field: String,
    pub(crate) path: Vec<Spanned<Value>>,
    /// the dynamic field, or a key of it
    dynamic: bool,
}

impl Outputs {
    pub(crate) fn all() -> Outputs {
        Outputs { names: vec!["*".to_string()], fields: None }
    }

    /// Nothing but what a search shows anyway.
    pub(crate) fn none() -> Outputs {
        Outputs { names: Vec::new(), fields: Some(Vec::new()) }
    }

    pub(crate) fn of(items: &Items, collection: &Collection) -> Result<Outputs> {
        let Items::Listed(items) = items else { return Ok(Outputs::all()) };
        let mut fields = Vec::new();
        for item in items {
            let Output::Field { name, path } = &item.output else { continue };
            fields.push(OutputField::new(name, path, item.alias.as_ref(), collection)?);
        }
        Ok(Outputs::of_fields(fields))
    }

    pub(crate) fn of_fields(fields: Vec<OutputField>) -> Outputs {
        // Milvus gives a key by its name where it reads one, and else all of them
        let whole = fields.iter().any(|output| output.dynamic && !is_identifier(&output.field));
        let mut names: Vec<String> = Vec::new();
        for output in &fields {
            let name = if output.dynamic && whole { DYNAMIC_FIELD } else { output.field.as_str() };
            if !names.iter().any(|known| known == name) {
                names.push(name.to_string());
            }
        }
        Outputs { names, fields: Some(fields) }
    }

    /// The columns of an empty result.
    pub(crate) fn columns(&self, collection: &Collection) -> Vec<Column> {
        match &self.fields {
            Some(fields) => fields
                .iter()
                .map(|output| Column::new(output.head.clone(), output.kind(collection)))
                .collect(),
            None => collection
                .fields
                .iter()
                .map(|field| Column::new(field.name.clone(), datum::kind(field.data_type)))
                .collect(),
        }
    }

    /// Columns as they came, turned into rows of the columns that are shown.
    pub(crate) fn table(&self, fields: Vec<FieldData>, collection: &Collection) -> Table {
        let columns = self.values(fields, collection);
        let count = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        let mut rows: Vec<Vec<Datum>> =
            (0..count).map(|_| Vec::with_capacity(columns.len())).collect();
        let mut heads = Vec::new();
        for (column, values) in columns {
            heads.push(column);
            let mut values = values.into_iter();
            for row in &mut rows {
                row.push(values.next().unwrap_or(Datum::Null));
            }
        }
        if heads.is_empty() {
            heads = self.columns(collection);
        }
        Table::new(heads, rows)
    }

    /// The values of each column that is shown, in the order asked for, or the schema's order.
    pub(crate) fn values(
        &self,
        fields: Vec<FieldData>,
        collection: &Collection,
    ) -> Vec<(Column, Vec<Datum>)> {
        let count = fields.iter().map(datum::rows).max().unwrap_or(0);
        let mut found: Vec<(Column, Vec<Datum>)> = Vec::new();
        let mut dynamic: Option<Vec<Datum>> = None;
        for field in fields {
            let data_type = DataType::try_from(field.r#type).unwrap_or(DataType::None);
            let column = Column::new(field.field_name.clone(), datum::kind(data_type));
            if field.is_dynamic || column.name == DYNAMIC_FIELD {
                dynamic = Some(datum::column(field, count));
            } else {
                found.push((column, datum::column(field, count)));
            }
        }
        match &self.fields {
            Some(fields) => fields
                .iter()
                .map(|output| {
                    let column = Column::new(output.head.clone(), output.kind(collection));
                    (column, output.values(&found, dynamic.as_deref(), count))
                })
                .collect(),
            None => in_schema_order(found, dynamic, collection),
        }
    }
}

/// Every column, as `*` shows them.
fn in_schema_order(
    mut found: Vec<(Column, Vec<Datum>)>,
    dynamic: Option<Vec<Datum>>,
    collection: &Collection,
) -> Vec<(Column, Vec<Datum>)> {
    let mut ordered = Vec::with_capacity(found.len() + 1);
    for field in &collection.fields {
        if let Some(at) = found.iter().position(|(column, _)| column.name == field.name) {
            ordered.push(found.swap_remove(at));
        }
    }
    ordered.append(&mut found);
    ordered.extend(dynamic.map(|values| (Column::new(DYNAMIC_FIELD, Type::Json), values)));
    ordered
}

impl OutputField {
    pub(crate) fn new(
        name: &Name,
        path: &[Spanned<Value>],
        alias: Option<&Name>,
        collection: &Collection,
    ) -> Result<OutputField> {
        match collection.find(&name.value) {
            None if !collection.dynamic => return Err(collection.unknown_field(name)),
            Some(field)
                if !path.is_empty()
                    && !matches!(field.data_type, DataType::Json | DataType::Array) =>
            {
                return Err(Diagnostic::new(
                    Code::TypeMismatch,
                    format!("`{name}` is {} and has no parts", field.type_name()),
                )
                .at(name.span));
            }
            _ => {}
        }
        let head = alias.map_or_else(|| path_head(&name.value, path), |alias| alias.value.clone());
        let dynamic = collection.find(&name.value).is_none();
        Ok(OutputField { head, field: name.value.clone(), path: path.to_vec(), dynamic })
    }

    /// A field as it is stored.
    pub(crate) fn whole(name: &str) -> OutputField {
        let dynamic = name == DYNAMIC_FIELD;
        OutputField { head: name.to_string(), field: name.to_string(), path: Vec::new(), dynamic }
    }

    /// A field as it is stored, or a key of the dynamic one.
    pub(crate) fn stored(name: &str, dynamic: bool) -> OutputField {
        OutputField { dynamic, ..OutputField::whole(name) }
    }

    /// A column of a statement that does not group.
    pub(crate) fn of(
        output: &Output,
        alias: Option<&Name>,
        collection: &Collection,
    ) -> Result<OutputField> {
        match output {
            Output::Field { name, path } => OutputField::new(name, path, alias, collection),
            Output::Aggregate { function, .. } => Err(Diagnostic::new(
                Code::SyntaxError,
                format!("{} belongs to a statement that groups", function.value.word()),
            )
            .at(function.span)
            .help("add `GROUP BY …`")),
        }
    }

    /// What has no order cannot be sorted or grouped by.
    pub(crate) fn check_order(&self, span: Span, collection: &Collection) -> Result<()> {
        match collection.find(&self.field) {
            Some(field) if field.is_vector() => Err(Diagnostic::new(
                Code::TypeMismatch,
                format!("`{}` is {} and has no order", field.name, field.type_name()),
            )
            .at(span)
            .help(format!("a search is written `ORDER BY {} <-> [0.1, 0.2]`", field.name))),
            _ => Ok(()),
        }
    }

    /// Its values out of the columns that came, and out of the dynamic field where none is it.
    fn values(
        &self,
        found: &[(Column, Vec<Datum>)],
        dynamic: Option<&[Datum]>,
        count: usize,
    ) -> Vec<Datum> {
        let stored = found.iter().find(|(column, _)| column.name == self.field);
        let values = match (stored, dynamic) {
            (Some((_, values)), _) => values.clone(),
            (None, Some(objects)) if self.field == DYNAMIC_FIELD => objects.to_vec(),
            (None, objects) => dynamic_values(objects.unwrap_or_default(), &self.field, count),
        };
        if self.path.is_empty() {
            return values;
        }
        values.iter().map(|value| part(value, &self.path)).collect()
    }

    fn kind(&self, collection: &Collection) -> Type {
        match collection.find(&self.field) {
            Some(field) if self.path.is_empty() => datum::kind(field.data_type),
            Some(field) if field.data_type == DataType::Array => datum::kind(field.element_type),
            _ => Type::Json,
        }
    }
}

pub(crate) fn span_of(output: &Output) -> Span {
    match output {
        Output::Field { name, .. } => name.span,
        Output::Aggregate { function, .. } => function.span,
    }
}

/// An alias in ORDER BY stands for its item.
pub(crate) fn unaliased(key: &Output, items: &[Item]) -> Output {
    if let Output::Field { name, path } = key
        && path.is_empty()
        && let Some(item) = items
            .iter()
            .find(|item| item.alias.as_ref().is_some_and(|alias| alias.value == name.value))
    {
        return item.output.clone();
    }
    key.clone()
}

/// One key of the dynamic field, row by row.
fn dynamic_values(objects: &[Datum], key: &str, count: usize) -> Vec<Datum> {
    let path = [Spanned::new(Value::Text(key.to_string()), Default::default())];
    let mut values: Vec<Datum> = objects.iter().map(|object| part(object, &path)).collect();
    values.resize(count, Datum::Null);
    values
}

/// A part of a JSON value or an array.
fn part(value: &Datum, path: &[Spanned<Value>]) -> Datum {
    match value {
        Datum::Json(text) => {
            let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else {
                // a part of what is no JSON cannot be had, but it is there
                return Datum::Json(text.clone());
            };
            let found = path.iter().try_fold(&json, |json, step| match &step.value {
                Value::Text(key) => json.get(key),
                Value::Int(at) => json.get(usize::try_from(*at).ok()?),
                _ => None,
            });
            of_json(found)
        }
        Datum::Array(items) => match path {
            [Spanned { value: Value::Int(at), .. }] => usize::try_from(*at)
                .ok()
                .and_then(|at| items.get(at))
                .cloned()
                .unwrap_or(Datum::Null),
            _ => Datum::Null,
        },
        _ => Datum::Null,
    }
}

fn of_json(json: Option<&serde_json::Value>) -> Datum {
    match json {
        Some(serde_json::Value::String(text)) => Datum::Text(text.clone()),
        Some(serde_json::Value::Bool(flag)) => Datum::Bool(*flag),
        Some(serde_json::Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Datum::Int(whole),
            (None, Some(fraction)) if number.is_f64() => Datum::Double(fraction),
            // beyond a BIGINT, every digit
            _ => Datum::Json(number.to_string()),
        },
        Some(serde_json::Value::Null) | None => Datum::Null,
        Some(other) => Datum::Json(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{
        books, dynamic_books, longs, said, scalars, select, texts,
    };
    use milvus_proto::schema::{JsonArray, scalar_field};

    fn outputs(items: &str, collection: &Collection) -> Result<Outputs, String> {
        let select = select(&format!("SELECT {items} FROM books"));
        Outputs::of(&select.items, collection).map_err(|error| said(&error))
    }

    fn json(name: &str, objects: &[&str]) -> FieldData {
        let data = objects.iter().map(|object| object.as_bytes().to_vec()).collect();
        scalars(name, DataType::Json, scalar_field::Data::JsonData(JsonArray { data }))
    }

    fn text(text: &str) -> Datum {
        Datum::Text(text.to_string())
    }

    fn heads(table: &Table) -> String {
        table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn columns_come_in_the_order_asked_for() {
        let outputs = outputs("title, id AS key, title", &books()).expect("columns");
        assert_eq!(outputs.names, ["title", "id"], "asked for once");
        let reply = vec![longs("id", &[1, 2]), texts("title", &["a", "b"])];
        let table = outputs.table(reply, &books());
        assert_eq!(heads(&table), "title key title");
        assert_eq!(table.rows[1], [text("b"), Datum::Int(2), text("b")]);
        // what a server leaves out is NULL, and a reply without rows has its columns all the same
        let table = outputs.table(vec![longs("id", &[1])], &books());
        assert_eq!(table.rows, [[Datum::Null, Datum::Int(1), Datum::Null]]);
        assert_eq!(heads(&outputs.table(Vec::new(), &books())), "title key title");
    }

    #[test]
    fn everything_comes_in_the_schemas_order() {
        let reply = vec![
            json(DYNAMIC_FIELD, &["{\"color\":\"red\"}"]),
            texts("title", &["a"]),
            longs("id", &[1]),
        ];
        let table = Outputs::all().table(reply, &dynamic_books());
        assert_eq!(heads(&table), "id title $meta");
        assert_eq!(table.rows[0][2], Datum::Json("{\"color\":\"red\"}".to_string()));
    }

    #[test]
    fn parts_of_json_and_dynamic_fields_are_columns() {
        let items = "meta['a'][0], meta['b'], color, tags[1]";
        let outputs = outputs(items, &dynamic_books()).expect("columns");
        assert_eq!(outputs.names, ["meta", "color", "tags"]);
        let tags = Datum::Array(vec![text("x"), text("y")]);
        let reply = vec![
            json("meta", &["{\"a\": [1.5], \"b\": {\"c\": 1}}", "[]"]),
            json(DYNAMIC_FIELD, &["{\"color\": \"red\"}"]),
        ];
        let table = outputs.table(reply, &dynamic_books());
        assert_eq!(heads(&table), "meta['a'][0] meta['b'] color tags[1]");
        assert_eq!(
            table.rows[0],
            [Datum::Double(1.5), Datum::Json("{\"c\":1}".to_string()), text("red"), Datum::Null]
        );
        assert_eq!(table.rows[1], [Datum::Null, Datum::Null, Datum::Null, Datum::Null]);
        // Milvus reads no name like these: all keys are asked for
        for items in ["id, `a-b`, color", "id, `in`, `a-b`", "id, color, $meta", "`名前`, id"] {
            let mut names = self::outputs(items, &dynamic_books()).expect("columns").names;
            names.sort();
            assert_eq!(names, [DYNAMIC_FIELD, "id"], "{items}");
        }
        let at = |at| Spanned::new(Value::Int(at), Span::default());
        assert_eq!(part(&tags, &[at(1)]), text("y"));
        assert_eq!(part(&tags, &[at(-1)]), Datum::Null);
    }

    #[test]
    fn the_dynamic_field_has_parts_itself() {
        let items = "$meta['x'], $meta['y'][1], $meta, x";
        let outputs = outputs(items, &dynamic_books()).expect("columns");
        assert_eq!(outputs.names, [DYNAMIC_FIELD]);
        let object = r#"{"x": 18446744073709551615, "y": [1, "b"]}"#;
        let table = outputs.table(vec![json(DYNAMIC_FIELD, &[object])], &dynamic_books());
        let large = Datum::Json("18446744073709551615".to_string());
        let whole = Datum::Json(object.to_string());
        assert_eq!(table.rows, [[large.clone(), text("b"), whole, large]]);
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let wrong = |items: &str| outputs(items, &books()).err().expect(items);
        assert_eq!(wrong("titel"), "UnknownField: unknown field `titel`; did you mean `title`?");
        assert_eq!(wrong("title['a']"), "TypeMismatch: `title` is VARCHAR(10) and has no parts");
        let vector = OutputField::whole("v").check_order(Span::default(), &books());
        assert_eq!(vector.expect_err("no order").message, "`v` is VECTOR(2) and has no order");
        let sum = select("SELECT sum(year) FROM books").items;
        let Items::Listed(items) = sum else { panic!("{sum:?}") };
        let error = OutputField::of(&items[0].output, None, &books()).err().expect("no column");
        assert_eq!(
            said(&error),
            "SyntaxError: sum belongs to a statement that groups; add `GROUP BY …`"
        );
    }
}
