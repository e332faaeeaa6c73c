//! What a SELECT shows: fields of the schema, keys of the dynamic field, paths into JSON and
//! arrays. In: items. Out: the names to ask a server for, and columns of values made of what it
//! sends.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::evaluate::datum as datum_of;
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD, Field};
use crate::execute::convert::datum;
use crate::execute::read::computed::{self, Computed};
use crate::execute::read::operand::is_identifier;
use crate::execute::value::path_head;
use crate::language::ast::{ExprKind, Item, Items, Name, Output, Value};
use crate::outcome::{Column, Datum, Table, Type};
use milvus_proto::schema::{DataType, FieldData};

#[derive(Clone)]
pub(crate) struct Outputs {
    /// the names to ask the server for
    pub(crate) names: Vec<String>,
    /// the columns that are shown, in order; `None` is all there are
    fields: Option<Vec<OutputField>>,
    /// what a row has to meet, or else is left out
    condition: Option<Rc<Computed>>,
}

/// A field that is shown, or a part of it.
#[derive(Clone)]
pub(crate) struct OutputField {
    pub(crate) head: String,
    pub(crate) field: String,
    pub(crate) path: Vec<Spanned<Value>>,
    /// the dynamic field, or a key of it
    dynamic: bool,
    /// what it is computed from, where it is no field
    computed: Option<Rc<Computed>>,
}

impl Outputs {
    pub(crate) fn all() -> Outputs {
        Outputs { names: vec!["*".to_string()], fields: None, condition: None }
    }

    /// Nothing but what a search shows anyway.
    pub(crate) fn none() -> Outputs {
        Outputs { names: Vec::new(), fields: Some(Vec::new()), condition: None }
    }

    pub(crate) fn of(items: &Items, collection: &Collection) -> Result<Outputs> {
        let Items::Listed(items) = items else { return Ok(Outputs::all()) };
        let mut fields = Vec::new();
        for item in items {
            fields.push(OutputField::of(&item.output, item.alias.as_ref(), collection)?);
        }
        Ok(Outputs::of_fields(fields))
    }

    pub(crate) fn of_fields(fields: Vec<OutputField>) -> Outputs {
        let names = Outputs::names(fields.iter().flat_map(OutputField::sources));
        Outputs { names, fields: Some(fields), condition: None }
    }

    /// The same of the rows alone that meet a condition.
    pub(crate) fn where_true(&self, condition: Option<&Rc<Computed>>) -> Outputs {
        let Some(condition) = condition else { return self.clone() };
        let names = match &self.fields {
            None => self.names.clone(),
            Some(fields) => {
                let shown = fields.iter().flat_map(OutputField::sources);
                Outputs::names(shown.chain(&condition.needs))
            }
        };
        Outputs { names, fields: self.fields.clone(), condition: Some(condition.clone()) }
    }

    /// The names to ask the server for.
    fn names<'a>(stored: impl Iterator<Item = &'a OutputField>) -> Vec<String> {
        // Milvus gives a key by its name where it reads one, and else all of them
        let stored: Vec<&OutputField> = stored.collect();
        let whole = stored.iter().any(|output| output.dynamic && !is_identifier(&output.field));
        let mut names: Vec<String> = Vec::new();
        for output in stored {
            let name = if output.dynamic && whole { DYNAMIC_FIELD } else { output.field.as_str() };
            if !names.iter().any(|known| known == name) {
                names.push(name.to_string());
            }
        }
        names
    }

    /// The columns of an empty result.
    pub(crate) fn columns(&self, collection: &Collection) -> Vec<Column> {
        match &self.fields {
            Some(fields) => fields
                .iter()
                .map(|output| output.column(output.kind(collection), collection))
                .collect(),
            None => collection
                .fields
                .iter()
                .map(|field| Column {
                    image: field.image(),
                    ..Column::new(field.name.clone(), datum::kind(field.data_type))
                })
                .collect(),
        }
    }

    /// The columns of these rows: the types of what is computed are those of its values.
    pub(crate) fn columns_of(&self, rows: &[Vec<Datum>], collection: &Collection) -> Vec<Column> {
        let mut columns = self.columns(collection);
        for (at, field) in self.fields.iter().flatten().enumerate() {
            if let Some(column) = columns.get_mut(at).filter(|_| field.is_computed()) {
                let values: Vec<&Datum> = rows.iter().filter_map(|row| row.get(at)).collect();
                column.kind = computed::kind(&values);
            }
        }
        columns
    }

    /// Columns as they came, turned into rows of the columns that are shown.
    pub(crate) fn table(&self, fields: Vec<FieldData>, collection: &Collection) -> Result<Table> {
        let are_shown = self.are_shown(&fields)?;
        // rows are counted where no column of them is shown
        let count = fields.iter().map(datum::rows).max().unwrap_or(0);
        let columns = self.values(fields, collection)?;
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
        if let Some(are_shown) = are_shown {
            let mut are_shown = are_shown.into_iter();
            rows.retain(|_| are_shown.next() == Some(true));
        }
        Ok(Table::new(heads, rows))
    }

    /// Whether each row meets the condition.
    fn are_shown(&self, fields: &[FieldData]) -> Result<Option<Vec<bool>>> {
        let Some(condition) = &self.condition else { return Ok(None) };
        let is_needed = |field: &&FieldData| {
            let is_one = |need: &OutputField| need.field == field.field_name;
            is_dynamic(field) || condition.needs.iter().any(is_one)
        };
        let needed: Vec<FieldData> = fields.iter().filter(is_needed).cloned().collect();
        let count = fields.iter().map(datum::rows).max().unwrap_or(0);
        let (found, dynamic) = decoded(needed, count);
        let needs =
            condition.needs.iter().map(|need| need.values(&found, dynamic.as_deref(), count));
        condition.holds(&needs.collect::<Result<Vec<_>>>()?, count).map(Some)
    }

    /// The values of each column that is shown, in the order asked for, or the schema's order.
    pub(crate) fn values(
        &self,
        fields: Vec<FieldData>,
        collection: &Collection,
    ) -> Result<Vec<(Column, Vec<Datum>)>> {
        let count = fields.iter().map(datum::rows).max().unwrap_or(0);
        let (found, dynamic) = decoded(fields, count);
        match &self.fields {
            Some(fields) => fields
                .iter()
                .map(|output| {
                    let values = output.values(&found, dynamic.as_deref(), count)?;
                    let kind = match &output.computed {
                        Some(_) => computed::kind(&values.iter().collect::<Vec<_>>()),
                        None => output.kind(collection),
                    };
                    Ok((output.column(kind, collection), values))
                })
                .collect(),
            None => Ok(in_schema_order(found, dynamic, collection)),
        }
    }
}

/// Columns, each with its values.
type Columns = Vec<(Column, Vec<Datum>)>;

fn is_dynamic(field: &FieldData) -> bool {
    field.is_dynamic || field.field_name == DYNAMIC_FIELD
}

/// The columns as they came, and the dynamic one.
fn decoded(fields: Vec<FieldData>, count: usize) -> (Columns, Option<Vec<Datum>>) {
    let mut found: Columns = Vec::new();
    let mut dynamic: Option<Vec<Datum>> = None;
    for field in fields {
        if is_dynamic(&field) {
            dynamic = Some(datum::column(field, count));
        } else {
            let data_type = DataType::try_from(field.r#type).unwrap_or(DataType::None);
            let column = Column::new(field.field_name.clone(), datum::kind(data_type));
            found.push((column, datum::column(field, count)));
        }
    }
    (found, dynamic)
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
            let (column, values) = found.swap_remove(at);
            ordered.push((Column { image: field.image(), ..column }, values));
        }
    }
    ordered.append(&mut found);
    ordered.extend(dynamic.map(|values| (Column::new(DYNAMIC_FIELD, Type::Json), values)));
    ordered
}

impl OutputField {
    /// What it is shown under.
    fn column(&self, kind: Type, collection: &Collection) -> Column {
        let is_whole = !self.is_computed() && self.path.is_empty();
        let field = collection.find(&self.field).filter(|_| is_whole);
        let image = field.and_then(Field::image);
        Column { image, ..Column::new(self.head.clone(), kind) }
    }

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
        let (field, path) = (name.value.clone(), path.to_vec());
        Ok(OutputField { head, field, path, dynamic, computed: None })
    }

    /// What is read for it.
    fn sources(&self) -> Vec<&OutputField> {
        match &self.computed {
            Some(computed) => computed.needs.iter().collect(),
            None => vec![self],
        }
    }

    pub(crate) fn is_computed(&self) -> bool {
        self.computed.is_some()
    }

    /// A field as it is stored.
    pub(crate) fn whole(name: &str) -> OutputField {
        let dynamic = name == DYNAMIC_FIELD;
        let name = name.to_string();
        OutputField { head: name.clone(), field: name, path: Vec::new(), dynamic, computed: None }
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
            Output::Computed(expr) => Ok(OutputField {
                head: alias.map_or_else(|| computed::head(output), |alias| alias.value.clone()),
                // no field has such a name
                field: String::new(),
                path: Vec::new(),
                dynamic: false,
                computed: Some(Rc::new(Computed::new(expr, collection)?)),
            }),
            Output::Every { .. } => {
                Err(Diagnostic::new(Code::SyntaxError, "`*` is every field, and no value"))
            }
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
    ) -> Result<Vec<Datum>> {
        if let Some(computed) = &self.computed {
            let needs = computed.needs.iter().map(|need| need.values(found, dynamic, count));
            return computed.values(&needs.collect::<Result<Vec<_>>>()?, count);
        }
        let stored = found.iter().find(|(column, _)| column.name == self.field);
        let values = match (stored, dynamic) {
            (Some((_, values)), _) => values.clone(),
            (None, Some(objects)) if self.field == DYNAMIC_FIELD => objects.to_vec(),
            (None, objects) => dynamic_values(objects.unwrap_or_default(), &self.field, count),
        };
        if self.path.is_empty() {
            return Ok(values);
        }
        Ok(values.iter().map(|value| part(value, &self.path)).collect())
    }

    fn kind(&self, collection: &Collection) -> Type {
        match collection.find(&self.field) {
            None if self.computed.is_some() => Type::Text,
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
        Output::Computed(expr) => expr.span,
        Output::Every { except } => except.first().map_or_else(Span::default, |name| name.span),
    }
}

/// An alias or a number in ORDER BY or GROUP BY stands for its item.
pub(crate) fn unaliased(key: &Output, items: &[Item]) -> Result<Output> {
    match key {
        Output::Field { name, path } if path.is_empty() => {
            let is_it =
                |item: &&Item| item.alias.as_ref().is_some_and(|alias| alias.value == name.value);
            Ok(items.iter().find(is_it).map_or_else(|| key.clone(), |item| item.output.clone()))
        }
        Output::Computed(expr) => match &expr.kind {
            ExprKind::Literal(Value::Int(number)) => {
                let at = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
                match at.and_then(|at| items.get(at)) {
                    Some(item) => Ok(item.output.clone()),
                    None => Err(Diagnostic::new(
                        Code::OutOfRange,
                        format!("there is no column {number} in the SELECT list"),
                    )
                    .at(expr.span)),
                }
            }
            _ => Ok(key.clone()),
        },
        _ => Ok(key.clone()),
    }
}

/// One key of the dynamic field, row by row.
fn dynamic_values(objects: &[Datum], key: &str, count: usize) -> Vec<Datum> {
    let path = [Spanned::new(Value::Text(key.to_string()), Default::default())];
    let mut values: Vec<Datum> = objects.iter().map(|object| part(object, &path)).collect();
    values.resize(count, Datum::Null);
    values
}

/// A part of a JSON value or an array.
pub(crate) fn part(value: &Datum, path: &[Spanned<Value>]) -> Datum {
    match value {
        whole if path.is_empty() => whole.clone(),
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
            found.map_or(Datum::Null, datum_of)
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
        let table = outputs.table(reply, &books()).expect("a table");
        assert_eq!(heads(&table), "title key title");
        assert_eq!(table.rows[1], [text("b"), Datum::Int(2), text("b")]);
        // what a server leaves out is NULL, and a reply without rows has its columns all the same
        let table = outputs.table(vec![longs("id", &[1])], &books()).expect("a table");
        assert_eq!(table.rows, [[Datum::Null, Datum::Int(1), Datum::Null]]);
        assert_eq!(
            heads(&outputs.table(Vec::new(), &books()).expect("a table")),
            "title key title"
        );
    }

    #[test]
    fn everything_comes_in_the_schemas_order() {
        let reply = vec![
            json(DYNAMIC_FIELD, &["{\"color\":\"red\"}"]),
            texts("title", &["a"]),
            longs("id", &[1]),
        ];
        let table = Outputs::all().table(reply, &dynamic_books()).expect("a table");
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
        let table = outputs.table(reply, &dynamic_books()).expect("a table");
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
        let table =
            outputs.table(vec![json(DYNAMIC_FIELD, &[object])], &dynamic_books()).expect("a table");
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
