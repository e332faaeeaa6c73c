//! What the functions of shapes ask of a row.

use milvus_engine_geometry::{Relation, Shape};

#[derive(Clone, Debug)]
pub enum Spatial {
    /// how it lies to another shape
    Lies(Relation, Shape),
    /// so many metres from a point at most
    Near(Shape, f64),
    Valid,
}

impl Spatial {
    /// Whether it is so of the shape of a text; unknown of a text that is no shape.
    pub fn of(&self, text: &str) -> Option<bool> {
        let shape = Shape::read(text).ok()?;
        Some(match self {
            Spatial::Lies(relation, other) => shape.lies(*relation, other),
            Spatial::Near(point, metres) => shape.is_near(point, *metres),
            Spatial::Valid => shape.is_valid(),
        })
    }
}
