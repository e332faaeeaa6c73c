//! Types of a filter, held against a schema: a tree in, a plan of columns and constants out, or
//! Milvus's words for what does not fit (internal/parser/planparserv2 tells the rules).

mod column;
mod compare;
mod elements;
mod functions;
mod spatial;

use milvus_proto::schema::DataType;

use super::lex::{Token, squeezed};
use super::literal;
use super::plan::Node as Plan;
use super::tree::{Node, Tree, Unary};
use super::value::{self, Templates, Value};
use crate::schema::Schema;
use crate::zone;
use column::Column;
use compare::Sum;

/// The plan of a filter; it must say yes or no of a row.
pub fn predicate(
    text: &str,
    root: &Node,
    schema: &Schema,
    templates: &Templates,
    zone: &str,
) -> Result<Plan, String> {
    let types = Types { text, schema, templates, zone, array: None };
    match types.typed(root)? {
        Typed::Filter(plan) => Ok(plan),
        Typed::Value(Value::Bool(value), None) => Ok(Plan::Always(value)),
        other => Err(format!(
            "predicate is not a boolean expression: {}, data type: {}",
            types.words(root),
            other.data_type().as_str_name()
        )),
    }
}

/// The column of a name or a path, and the keys on the way into it.
pub fn identifier(
    text: &str,
    node: &Node,
    schema: &Schema,
) -> Result<(usize, Vec<String>), String> {
    let types = Types { text, schema, templates: &Templates::new(), zone: zone::UTC, array: None };
    if !matches!(node.tree, Tree::Name | Tree::Path) {
        return Err(format!("{} is no identifier", types.words(node)));
    }
    let column = types.column(node)?;
    Ok((column.index, column.path.into_iter().map(String::from).collect()))
}

#[derive(Clone, Copy)]
struct Types<'a> {
    text: &'a str,
    schema: &'a Schema,
    templates: &'a Templates,
    /// of moments that are written without an offset
    zone: &'a str,
    /// the array of structs whose elements are in question
    array: Option<&'a str>,
}

/// What a part of a filter is.
enum Typed {
    /// a constant, and the variable that it is the value of
    Value(Value, Option<Box<str>>),
    Column(Column),
    Sum(Sum),
    /// what is true, false or unknown of a row
    Filter(Plan),
}

type Result<T, E = String> = std::result::Result<T, E>;

impl Types<'_> {
    fn typed(&self, node: &Node) -> Result<Typed> {
        let value = |value| Ok(Typed::Value(value, None));
        match &node.tree {
            Tree::Int(int) => value(Value::Int(*int)),
            Tree::Least => Err("integer 9223372036854775808 is out of the range of INT64".into()),
            Tree::Float(float) => value(Value::Float(*float)),
            Tree::Bool(bool) => value(Value::Bool(*bool)),
            Tree::Text => value(Value::Text(literal::text(self.source(node))?.into())),
            Tree::RawText => value(Value::Text(literal::inside(self.source(node)).into())),
            Tree::Name | Tree::Path | Tree::Part => self.column(node).map(Typed::Column),
            Tree::Template(name) => self.template(*name),
            Tree::List(elements) => self.list(elements),
            Tree::Unary(operator, of) => self.unary(node, *operator, of),
            Tree::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right),
            Tree::Power(left, right) => match (self.typed(left)?, self.typed(right)?) {
                (Typed::Value(left, None), Typed::Value(right, None)) => {
                    value(value::power(&left, &right)?)
                }
                _ => Err(format!("power can only apply on constants: {}", self.words(node))),
            },
            Tree::Compare(compare, left, right) => self.compare(node, *compare, left, right),
            Tree::Range(range) => self.range(range).map(Typed::Filter),
            Tree::In { negated, of, list } => {
                let plan = self.term(of, list)?;
                Ok(Typed::Filter(if *negated { Plan::Not(Box::new(plan)) } else { plan }))
            }
            Tree::Like(of, pattern) => self.like(of, pattern).map(Typed::Filter),
            Tree::Matches { negated, of, pattern } => {
                let plan = self.matches(of, pattern)?;
                Ok(Typed::Filter(if *negated { Plan::Not(Box::new(plan)) } else { plan }))
            }
            Tree::And(parts) => self.logic(true, parts),
            Tree::Or(parts) => self.logic(false, parts),
            Tree::Exists(of) => self.exists(of).map(Typed::Filter),
            Tree::Null { negated, of } => self.null(node, *negated, of).map(Typed::Filter),
            Tree::Contains(how, of, elements) => {
                self.contains(*how, of, elements).map(Typed::Filter)
            }
            Tree::Length(of) => self.length(node, of),
            Tree::TextMatch { field, query, minimum } => {
                self.text_match(*field, query, *minimum).map(Typed::Filter)
            }
            Tree::PhraseMatch { field, query, slop } => {
                self.phrase_match(*field, query, slop.as_deref()).map(Typed::Filter)
            }
            Tree::Sample(share) => self.sample(share).map(Typed::Filter),
            Tree::ElementFilter { array, of } => self.element_filter(*array, of).map(Typed::Filter),
            Tree::Match { how, array, of, threshold } => {
                self.match_elements(*how, *array, of, *threshold).map(Typed::Filter)
            }
            Tree::Time(time) => self.time(time).map(Typed::Filter),
            Tree::Call { name, arguments } => self.call(*name, arguments).map(Typed::Filter),
            Tree::Spatial { name, field, arguments } => {
                self.spatial(node, *name, *field, arguments).map(Typed::Filter)
            }
            Tree::Absent { name, field } => self.absent(*name, *field).map(Typed::Filter),
        }
    }

    #[inline(never)]
    fn template(&self, name: Token) -> Result<Typed> {
        let name = self.token(name);
        let value = self.templates.get(name).ok_or_else(|| {
            format!("the value of expression template variable name {{{name}}} is not found")
        })?;
        Ok(Typed::Value(value.clone(), Some(name.into())))
    }

    #[inline(never)]
    fn list(&self, elements: &[Node]) -> Result<Typed> {
        let values = elements.iter().map(|element| match self.typed(element)? {
            Typed::Value(value, None) => Ok(value),
            _ => Err(format!(
                "array element type must be generic value, but got: {}",
                self.words(element)
            )),
        });
        Ok(Typed::Value(Value::List(values.collect::<Result<_>>()?), None))
    }

    #[inline(never)]
    fn unary(&self, node: &Node, operator: Unary, of: &Node) -> Result<Typed> {
        if operator == Unary::Minus && matches!(of.tree, Tree::Least) {
            return Ok(Typed::Value(Value::Int(i64::MIN), None));
        }
        let of = self.typed(of)?;
        match (operator, of) {
            (operator, Typed::Value(value, None)) => {
                Ok(Typed::Value(value::unary(operator, value)?, None))
            }
            (_, Typed::Filter(Plan::Sample { .. })) => {
                Err("random sample expression cannot be used in unary expression".into())
            }
            (_, Typed::Filter(Plan::ElementFilter { .. })) => {
                Err("element filter expression cannot be used in unary expression".into())
            }
            (_, Typed::Column(column)) if column.is_whole_array() => {
                Err(column::NO_WHOLE_ARRAYS.into())
            }
            (Unary::Plus, of) => Ok(of),
            (Unary::Not, Typed::Filter(plan)) => Ok(Typed::Filter(Plan::Not(Box::new(plan)))),
            (Unary::Not, _) => Err("not op can only be applied on boolean expression".into()),
            (Unary::Minus, _) => Err("unexpected op: -".into()),
            (Unary::BitNot, Typed::Value(_, Some(_))) => {
                Err(format!("bitnot cannot be applied on placeholder: {}", self.words(node)))
            }
            (Unary::BitNot, of) => self.bit_not(of),
        }
    }

    /// AND or OR of parts, from the left.
    #[inline(never)]
    fn logic(&self, and: bool, parts: &[Node]) -> Result<Typed> {
        let mut parts = parts.iter().map(|part| self.typed(part));
        let first = parts.next().unwrap_or(Ok(Typed::Value(Value::Bool(and), None)))?;
        parts.try_fold(first, |left, right| join(and, left, right?))
    }

    #[inline(never)]
    fn exists(&self, of: &Node) -> Result<Plan> {
        let Typed::Column(column) = self.typed(of)? else {
            return Err(format!(
                "exists operations are only supported on single fields now, got: {}",
                self.words(of)
            ));
        };
        if column.data_type != DataType::Json {
            return Err(format!(
                "exists operations are only supportted on json field, got:{}",
                column.data_type.as_str_name()
            ));
        }
        if column.path.is_empty() {
            return Err("exists operations are only supportted on json key".into());
        }
        Ok(Plan::Exists { column: column.index, keys: column.path })
    }

    #[inline(never)]
    fn null(&self, node: &Node, negated: bool, of: &Node) -> Result<Plan> {
        if let Some(column) = self.whole_struct(of) {
            let null = Plan::Null { column: column.index };
            return Ok(if negated { Plan::Not(Box::new(null)) } else { null });
        }
        let column = self.column(of)?;
        if crate::schema::is_vector(column.data_type) {
            return Err("IsNull/IsNotNull operations are not supported on vector fields".into());
        }
        if column.path.is_empty() {
            let null = Plan::Null { column: column.index };
            return Ok(if negated { Plan::Not(Box::new(null)) } else { null });
        }
        if column.data_type == DataType::Array {
            return Err(format!(
                "IsNull/IsNotNull operations are not supported on array element access, got: {}",
                self.words(node)
            ));
        }
        // a key is NULL when it is not there
        let exists = Plan::Exists { column: column.index, keys: column.path };
        Ok(if negated { exists } else { Plan::Not(Box::new(exists)) })
    }

    /// A part of the filter as errors quote it.
    fn words(&self, node: &Node) -> String {
        squeezed(self.source(node))
    }

    /// A part of the filter as it is written.
    fn source(&self, node: &Node) -> &str {
        self.text.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    fn token(&self, token: Token) -> &str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }
}

impl Typed {
    fn data_type(&self) -> DataType {
        match self {
            Typed::Value(_, Some(_)) => DataType::None,
            Typed::Value(value, None) => value.data_type(),
            Typed::Column(column) => column.data_type,
            Typed::Sum(sum) => sum.data_type,
            Typed::Filter(_) => DataType::Bool,
        }
    }

    /// Of an ARRAY column or a list.
    fn element_type(&self) -> DataType {
        match self {
            Typed::Value(value, _) => value.element_type(),
            Typed::Column(column) => column.element_type,
            Typed::Sum(_) | Typed::Filter(_) => DataType::None,
        }
    }
}

fn join(and: bool, left: Typed, right: Typed) -> Result<Typed> {
    let word = if and { "and" } else { "or" };
    let only_booleans = || Err(format!("'{word}' can only be used between boolean expressions"));
    match (left, right) {
        (Typed::Value(left, None), Typed::Value(right, None)) => match (left, right) {
            (Value::Bool(left), Value::Bool(right)) => {
                let value = if and { left && right } else { left || right };
                Ok(Typed::Value(Value::Bool(value), None))
            }
            _ => Err(format!("{word} can only apply on boolean")),
        },
        (Typed::Value(value, None), other) | (other, Typed::Value(value, None)) => match value {
            // what decides makes the other side not matter
            Value::Bool(value) if value != and => Ok(Typed::Filter(Plan::Always(value))),
            Value::Bool(_) => match other {
                Typed::Filter(_) => Ok(other),
                _ => only_booleans(),
            },
            _ => only_booleans(),
        },
        (Typed::Filter(Plan::ElementFilter { .. }), _) => Err(format!(
            "element filter expression can only be the last expression in the logical {word} \
             expression"
        )),
        (_, Typed::Filter(Plan::ElementFilter { .. })) if !and => {
            Err("element filter expression cannot be used in logical or expression".into())
        }
        (Typed::Filter(Plan::Sample { .. }), _) if and => Err(
            "random sample expression can only be the last expression in the logical and expression"
                .into(),
        ),
        (Typed::Filter(Plan::Sample { .. }), _) | (_, Typed::Filter(Plan::Sample { .. }))
            if !and =>
        {
            Err("random sample expression cannot be used in logical and expression".into())
        }
        (Typed::Filter(left), Typed::Filter(Plan::Sample { of, share })) => {
            let of = Box::new(both(true, left, *of));
            Ok(Typed::Filter(Plan::Sample { of, share }))
        }
        (Typed::Filter(left), Typed::Filter(Plan::ElementFilter { column, of, rows })) => {
            let rows = Box::new(both(true, left, *rows));
            Ok(Typed::Filter(Plan::ElementFilter { column, of, rows }))
        }
        (Typed::Filter(left), Typed::Filter(right)) => Ok(Typed::Filter(both(and, left, right))),
        _ => only_booleans(),
    }
}

fn both(and: bool, left: Plan, right: Plan) -> Plan {
    match (and, left, right) {
        (true, left, Plan::Always(true)) | (false, left, Plan::Always(false)) => left,
        (true, Plan::And(mut parts), right) => {
            parts.push(right);
            Plan::And(parts)
        }
        (false, Plan::Or(mut parts), right) => {
            parts.push(right);
            Plan::Or(parts)
        }
        (true, left, right) => Plan::And(vec![left, right]),
        (false, left, right) => Plan::Or(vec![left, right]),
    }
}
