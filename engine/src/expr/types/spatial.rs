//! The functions of shapes: of which fields, and what each is given.

use milvus_engine_geometry::{HAS_RELATIONS, Relation, Shape};
use milvus_proto::schema::DataType;

use super::{Result, Typed, Types};
use crate::expr::lex::Token;
use crate::expr::plan::Node as Plan;
use crate::expr::spatial::Spatial;
use crate::expr::tree::Node;
use crate::expr::value::Value;

impl Types<'_> {
    #[inline(never)]
    pub(super) fn spatial(
        &self,
        node: &Node,
        name: Token,
        field: Token,
        arguments: &[Node],
    ) -> Result<Plan> {
        let column = self.named(self.token(field), true)?;
        let (operation, relation) = match self.token(name).to_ascii_lowercase().as_str() {
            "st_isvalid" => ("STIsValid", None),
            "st_dwithin" => ("ST_DWITHIN", None),
            "st_equals" => ("spatial", Some(Relation::Equals)),
            "st_touches" => ("spatial", Some(Relation::Touches)),
            "st_overlaps" => ("spatial", Some(Relation::Overlaps)),
            "st_crosses" => ("spatial", Some(Relation::Crosses)),
            "st_contains" => ("spatial", Some(Relation::Contains)),
            "st_intersects" => ("spatial", Some(Relation::Intersects)),
            _ => ("spatial", Some(Relation::Within)),
        };
        if column.data_type != DataType::Geometry {
            return Err(format!(
                "{operation} operation are only supported on geometry fields now, got: {}",
                self.words(node)
            ));
        }
        if !HAS_RELATIONS {
            let name = self.token(name);
            return Err(format!("{name}: the engine of a page has no functions of geometry"));
        }
        let asked = match (relation, arguments) {
            (Some(relation), [other]) => Spatial::Lies(relation, self.shape(other)?.0),
            (None, [point, metres]) => {
                let (point, text) = self.shape(point)?;
                if !point.is_point() {
                    return Err(format!("only supports POINT geometry: {text}"));
                }
                Spatial::Near(point, self.metres(metres)?)
            }
            _ => Spatial::Valid,
        };
        Ok(Plan::Spatial { column: column.index, asked: Box::new(asked) })
    }

    /// A shape, and the text that it was read from.
    fn shape(&self, node: &Node) -> Result<(Shape, Box<str>)> {
        match self.typed(node)? {
            Typed::Value(Value::Text(text), _) => Ok((Shape::read(&text)?, text)),
            Typed::Value(_, Some(template)) => {
                Err(format!("the value of GIS WKT template variable {{{template}}} is not string"))
            }
            _ => Err(format!(
                "WKT string should be a string literal or template variable, got: {}",
                self.words(node)
            )),
        }
    }

    fn metres(&self, node: &Node) -> Result<f64> {
        let metres = match self.typed(node)? {
            Typed::Value(Value::Int(metres), None) => metres as f64,
            Typed::Value(Value::Float(metres), None) => metres,
            Typed::Value(_, Some(_)) => {
                return Err(format!("invalid distance value: {}", self.words(node)));
            }
            Typed::Value(_, None) => {
                return Err(format!(
                    "distance parameter must be a numeric value (int or float), got: {}",
                    self.words(node)
                ));
            }
            _ => {
                return Err(format!(
                    "distance parameter must be a constant numeric value, got: {}",
                    self.words(node)
                ));
            }
        };
        match metres < 0.0 {
            true => Err(format!("distance parameter must be non-negative, got: {metres:.6}")),
            false => Ok(metres),
        }
    }
}
