//! The operands of a filter's conditions: fields, parts of them, values, arithmetic, functions. In:
//! a piece of the tree. Out: its text in a Milvus expression, or a diagnostic at a field that is
//! not there or at a value that is of another type.

use std::cell::RefCell;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::evaluate::functions;
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD, Field};
use crate::execute::params;
use crate::execute::value::{self, BEYOND, literal, number, path_head, quote};
use crate::language::ast::{Expr, ExprKind, Name, Value};
use crate::milvus::features::Product;
use crate::milvus::{Feature, Version};
use milvus_proto::schema::DataType;

/// The functions of Milvus's filters (Milvus docs: filtering operators); what is newer goes by
/// FILTER.
pub(crate) const FUNCTIONS: [&str; 12] = [
    "text_match",
    "phrase_match",
    "json_contains",
    "json_contains_all",
    "json_contains_any",
    "array_contains",
    "array_contains_all",
    "array_contains_any",
    "array_length",
    "random_sample",
    "exists",
    "st_contains",
];

pub(crate) struct Operands<'a> {
    collection: &'a Collection,
    pub(crate) version: &'a Version,
    /// words in double quotes that are fields' names as well
    words: RefCell<Vec<String>>,
}

impl<'a> Operands<'a> {
    pub(crate) fn new(collection: &'a Collection, version: &'a Version) -> Operands<'a> {
        Operands { collection, version, words: RefCell::default() }
    }

    /// What is to be said of words that could have been meant as names.
    pub(crate) fn notices(self) -> Vec<String> {
        self.words.into_inner().iter().map(|word| quoted_word(word)).collect()
    }

    /// An operand, with parentheses where it is made of operators itself.
    pub(crate) fn operand(&self, expr: &Expr) -> Result<String> {
        if is_condition(expr) && !matches!(expr.kind, ExprKind::Call { .. }) {
            return Err(Diagnostic::new(Code::TypeMismatch, "a condition is no value")
                .at(expr.span)
                .label("expected a field or a value"));
        }
        match &expr.kind {
            ExprKind::Chain { first, rest } => self.arithmetic(first, rest),
            ExprKind::Field { name, path } => self.field(name, path),
            ExprKind::Call { name, args } => self.call(name, args),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.operand(item));
                Ok(format!("[{}]", items.collect::<Result<Vec<_>>>()?.join(", ")))
            }
            // Milvus reads the sign of a number by itself
            ExprKind::Literal(Value::Int(i64::MIN)) if self.version.product == Product::Milvus => {
                Ok(format!("-{} - 1", i64::MAX))
            }
            ExprKind::Literal(value) => literal(value, expr.span),
            ExprKind::Quoted(text) => {
                let mut words = self.words.borrow_mut();
                if self.collection.find(text).is_some() && !words.contains(text) {
                    words.push(text.clone());
                }
                Ok(quote(text))
            }
            ExprKind::Not(_)
            | ExprKind::Compare { .. }
            | ExprKind::Range { .. }
            | ExprKind::In { .. }
            | ExprKind::Between { .. }
            | ExprKind::Like { .. }
            | ExprKind::IsNull { .. }
            | ExprKind::IsTruth { .. } => Ok(String::new()),
            ExprKind::Case { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Arrow { .. }
            | ExprKind::Aggregate(_)
            | ExprKind::Distance(_) => Err(not_in_a_condition(expr)),
        }
    }

    fn arithmetic(&self, first: &Expr, rest: &[(&'static str, Expr)]) -> Result<String> {
        let part = |part: &Expr| {
            if constant_of(part).is_some_and(|value| number(&value).is_none())
                || self.type_of(part).is_some_and(|field| !is_number(field.data_type))
            {
                let error = Diagnostic::new(
                    Code::TypeMismatch,
                    "only numbers are added, subtracted, multiplied and divided",
                );
                return Err(self.misread(error.at(part.span), part));
            }
            self.operand(part)
        };
        let mut out = part(first)?;
        for (operator, operand) in rest {
            // dividing by zero ends the process of Milvus 2.3
            if *operator == "%" && !is_fixed(first) {
                self.needs(Feature::Modulo, operand.span)?;
            }
            if matches!(*operator, "/" | "%") && is_fixed(operand) {
                match constant_of(operand).as_ref().and_then(number) {
                    Some(0.0) => {
                        return Err(Diagnostic::new(Code::DivisionByZero, "this divides by zero")
                            .at(operand.span));
                    }
                    Some(_) => {}
                    None => {
                        return Err(Diagnostic::new(
                            Code::NotSupported,
                            "a filter divides by a number",
                        )
                        .at(operand.span)
                        .help("write what this comes to"));
                    }
                }
            }
            out.push_str(&format!(" {operator} {}", part(operand)?));
        }
        Ok(format!("({out})"))
    }

    fn field(&self, name: &Name, path: &[Spanned<Value>]) -> Result<String> {
        let Some(field) = self.collection.find(&name.value) else {
            if !self.collection.dynamic && name.value != DYNAMIC_FIELD {
                return Err(self.collection.unknown_field(name));
            }
            return Ok(value::path(&dynamic_name(&name.value), path));
        };
        match path.first() {
            Some(step) if !matches!(field.data_type, DataType::Json | DataType::Array) => {
                Err(Diagnostic::new(Code::TypeMismatch, format!("`{name}` has no parts"))
                    .at(step.span))
            }
            _ => Ok(value::path(&name.value, path)),
        }
    }

    pub(crate) fn call(&self, name: &Name, args: &[Expr]) -> Result<String> {
        if !FUNCTIONS.contains(&name.value.as_str()) {
            return Err(Diagnostic::new(
                Code::UnknownFunction,
                format!("unknown function `{name}`"),
            )
            .at(name.span)
            .suggest(&name.value, FUNCTIONS.into_iter().chain(functions()), "there are")
            .help(
                "what is newer than this kernel goes by `FILTER '…'`, which hands a Milvus \
                 expression on",
            ));
        }
        if name.value == "text_match" {
            self.needs(Feature::TextMatch, name.span)?;
        }
        let of_field = matches!(args.first(), Some(Expr { kind: ExprKind::Field { .. }, .. }));
        if !of_field && name.value != "random_sample" {
            let span = args.first().map_or(name.span, |first| first.span);
            return Err(Diagnostic::new(
                Code::TypeMismatch,
                format!("the first argument of {name} is a field"),
            )
            .at(span));
        }
        let mut shown = Vec::new();
        for arg in args {
            if let (true, Some(first)) = (name.value.contains("array_contains"), args.first()) {
                self.check_items(first, arg)?;
            }
            shown.push(self.operand(arg)?);
        }
        Ok(format!("{}({})", name.value, shown.join(", ")))
    }

    pub(crate) fn needs(&self, feature: Feature, span: Span) -> Result<()> {
        if self.version.has(feature) {
            return Ok(());
        }
        Err(Diagnostic::new(Code::NotSupported, self.version.needs(feature)).at(span))
    }

    /// The field that an operand is, or the element of an array; none where rows differ in it.
    pub(crate) fn type_of(&self, operand: &Expr) -> Option<Field> {
        let ExprKind::Field { name, path } = &operand.kind else { return None };
        let field = self.collection.find(&name.value)?;
        match path.as_slice() {
            [] => Some(field.clone()),
            [_] => element(field, path_head(&name.value, path)),
            _ => None,
        }
    }

    /// The values that are looked for in an array.
    fn check_items(&self, array: &Expr, items: &Expr) -> Result<()> {
        let (ExprKind::Field { name, path }, true) = (&array.kind, is_fixed(items)) else {
            return Ok(());
        };
        let field = self.collection.find(&name.value).filter(|_| path.is_empty());
        let Some(element) = field.and_then(|field| element(field, field.name.clone())) else {
            return Ok(());
        };
        match &items.kind {
            ExprKind::List(items) => items.iter().try_for_each(|item| fits(&element, item)),
            _ => fits(&element, items),
        }
    }

    /// Tells of a word that could have been meant as a name.
    fn misread(&self, error: Diagnostic, operand: &Expr) -> Diagnostic {
        match &operand.kind {
            ExprKind::Quoted(word) if self.collection.find(word).is_some() => {
                error.help(quoted_word(word))
            }
            _ => error,
        }
    }

    /// A pattern is of texts.
    pub(crate) fn check_text(&self, left: &Expr) -> Result<()> {
        use DataType::{Json, String, Text, VarChar};
        match self.type_of(left) {
            Some(field) if !matches!(field.data_type, VarChar | String | Text | Json) => {
                let message =
                    format!("a pattern is of texts, and `{}` is {}", field.name, field.type_name());
                Err(Diagnostic::new(Code::TypeMismatch, message).at(left.span))
            }
            _ => Ok(()),
        }
    }

    /// Says what Milvus would say without a place: a string compared with a number field, and the
    /// other way round.
    pub(crate) fn check_types(&self, left: &Expr, right: &Expr) -> Result<()> {
        let Some(field) = self.type_of(left) else { return Ok(()) };
        fits(&field, right).map_err(|error| self.misread(error, right))
    }
}

/// What is to be said of the words in double quotes that an assignment has.
pub(crate) fn quoted_words(expr: &Expr, collection: &Collection) -> Vec<String> {
    match &expr.kind {
        ExprKind::Chain { first, rest } => std::iter::once(&**first)
            .chain(rest.iter().map(|(_, part)| part))
            .flat_map(|part| quoted_words(part, collection))
            .collect(),
        ExprKind::Quoted(word) if collection.find(word).is_some() => vec![quoted_word(word)],
        _ => Vec::new(),
    }
}

/// What is said of a word in double quotes that is a field's name as well.
fn quoted_word(word: &str) -> String {
    format!("\"{word}\" is read as a string; backticks name the field: `{word}`")
}

/// A key of the dynamic field as a Milvus expression has it.
fn dynamic_name(key: &str) -> String {
    match key == DYNAMIC_FIELD || is_identifier(key) {
        true => key.to_string(),
        false => format!("{DYNAMIC_FIELD}[{}]", quote(key)),
    }
}

/// What the kernel computes of rows, and no server does in a filter.
fn not_in_a_condition(expr: &Expr) -> Diagnostic {
    let (what, help) = match &expr.kind {
        ExprKind::Aggregate(_) => ("aggregate function", "write it behind HAVING"),
        ExprKind::Distance(_) => ("distance by itself", "compare it: `v <-> [0.1, 0.2] < 0.8`"),
        ExprKind::Case { .. } => ("CASE", "write the cases with AND and OR"),
        ExprKind::Cast { .. } => ("CAST", "compare the field with a value of its own type"),
        _ => ("`->`", "write `meta['key']`"),
    };
    Diagnostic::new(Code::NotSupported, format!("Milvus has no {what} in a condition"))
        .at(expr.span)
        .help(help)
}

/// Whether Milvus reads this as a name (Milvus's `Plan.g4`).
pub(crate) fn is_identifier(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "and", "exists", "false", "in", "interval", "is", "iso", "like", "nin", "not", "or", "true",
    ];
    name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        && !WORDS.iter().chain(&FUNCTIONS).any(|word| word.eq_ignore_ascii_case(name))
}

/// Whether it is a function of Milvus's filters.
pub(crate) fn is_of_server(function: &str) -> bool {
    FUNCTIONS.contains(&function)
}

/// What is true or false by itself; a field may be, and is none.
pub(crate) fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Chain { rest, .. } => {
            matches!(rest.first(), Some(("and" | "or", _)))
        }
        ExprKind::Call { name, .. } => name.value != "array_length" && is_of_server(&name.value),
        ExprKind::Not(_)
        | ExprKind::Compare { .. }
        | ExprKind::Range { .. }
        | ExprKind::In { .. }
        | ExprKind::Between { .. }
        | ExprKind::Like { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::IsTruth { .. } => true,
        ExprKind::Field { .. }
        | ExprKind::List(_)
        | ExprKind::Literal(_)
        | ExprKind::Quoted(_)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. }
        | ExprKind::Arrow { .. }
        | ExprKind::Aggregate(_)
        | ExprKind::Distance(_) => false,
    }
}

/// Whether no row has a say in it.
pub(crate) fn is_fixed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Chain { first, rest } => {
            !is_condition(expr) && is_fixed(first) && rest.iter().all(|(_, part)| is_fixed(part))
        }
        ExprKind::List(items) => items.iter().all(is_fixed),
        ExprKind::Literal(_) | ExprKind::Quoted(_) => true,
        ExprKind::Not(_)
        | ExprKind::Compare { .. }
        | ExprKind::Range { .. }
        | ExprKind::In { .. }
        | ExprKind::Between { .. }
        | ExprKind::Like { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::IsTruth { .. }
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. }
        | ExprKind::Arrow { .. }
        | ExprKind::Aggregate(_)
        | ExprKind::Distance(_)
        | ExprKind::Field { .. }
        | ExprKind::Call { .. } => false,
    }
}

/// One value; arithmetic is left to the server.
pub(crate) fn constant_of(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value.clone()),
        ExprKind::Quoted(text) => Some(Value::Text(text.clone())),
        _ => None,
    }
}

/// The element of an array as a field of this name.
fn element(array: &Field, name: String) -> Option<Field> {
    (array.data_type == DataType::Array).then(|| Field {
        name,
        data_type: array.element_type,
        dim: 0,
        capacity: 0,
        ..array.clone()
    })
}

fn is_number(data_type: DataType) -> bool {
    use DataType::{Double, Float, Int8, Int16, Int32, Int64, Json};
    matches!(data_type, Int8 | Int16 | Int32 | Int64 | Float | Double | Json)
}

/// A value that is compared with a field is of its type, and within what it holds.
fn fits(field: &Field, operand: &Expr) -> Result<()> {
    let Some(value) = constant_of(operand) else { return Ok(()) };
    let value = Spanned::new(value, operand.span);
    let fits = match field.data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => match value.value {
            Value::Int(_) | Value::Large(_) => {
                field.whole(field.data_type, &value).map(|_| true)?
            }
            Value::Float(number) if number.abs() >= BEYOND => {
                field.whole(field.data_type, &value).map(|_| true)?
            }
            Value::Float(_) => true,
            _ => false,
        },
        DataType::Float | DataType::Double => number(&value.value).is_some(),
        DataType::VarChar | DataType::String => matches!(value.value, Value::Text(_)),
        DataType::Bool => matches!(value.value, Value::Bool(_)),
        _ => true,
    };
    if fits || value.value == Value::Null {
        return Ok(());
    }
    let error = Diagnostic::new(
        Code::TypeMismatch,
        format!("`{}` is {} and cannot be compared with this", field.name, field.type_name()),
    )
    .at(operand.span)
    .label(format!("expected {}", field.type_name()));
    Err(match is_number(field.data_type) {
        true => params::without_quotes(error, &value.value),
        false if field.data_type == DataType::Bool => error.help("write TRUE or FALSE"),
        false => error,
    })
}
