//! Shapes of GEOMETRY fields: their text, and how one lies to another (OGC's DE-9IM). In: WKT. Out:
//! what the functions of a filter ask. Distances are in metres of points in degrees, by Milvus's
//! own measure (internal/core/src/common/Geometry.h).

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod wkt;

use geo::{
    BoundingRect as _, Coord, Geometry, HasDimensions as _, LineString, Rect, Relate as _,
    Validation as _,
};

/// Whether it knows how shapes lie to one another; without it, nothing lies anywhere.
pub const HAS_RELATIONS: bool = cfg!(feature = "relations");

/// Of the earth, in metres.
const RADIUS: f64 = 6_371_000.0;
const METRES_OF_A_DEGREE: f64 = 111_320.0;

/// A shape that was read, with the box that it lies in.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    geometry: Geometry,
    bounds: Option<Rect>,
    is_point: bool,
}

/// How a shape lies to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equals,
    Touches,
    Overlaps,
    Crosses,
    Contains,
    Intersects,
    Within,
}

impl Shape {
    /// Reads a text, or says in Milvus's words what is wrong with it.
    pub fn read(text: &str) -> Result<Shape, String> {
        let (geometry, is_point) = wkt::read(text)?;
        let bounds = geometry.bounding_rect();
        Ok(Shape { geometry, bounds, is_point })
    }

    /// Whether it is a POINT, and no other kind of shape.
    pub fn is_point(&self) -> bool {
        self.is_point
    }

    pub fn lies(&self, relation: Relation, other: &Shape) -> bool {
        if !HAS_RELATIONS {
            return false;
        }
        // what is apart has none of the relations, and most shapes are
        if let (Some(own), Some(others)) = (self.bounds, other.bounds)
            && apart(own, others)
        {
            return false;
        }
        let matrix = self.geometry.relate(&other.geometry);
        match relation {
            Relation::Equals => matrix.is_equal_topo(),
            Relation::Touches => matrix.is_touches(),
            Relation::Overlaps => matrix.is_overlaps(),
            Relation::Crosses => matrix.is_crosses(),
            Relation::Contains => matrix.is_contains(),
            Relation::Intersects => matrix.is_intersects(),
            Relation::Within => matrix.is_within(),
        }
    }

    /// Whether it is so many metres from a point at most: two points over the sphere, other shapes
    /// by the degrees between, which are those of the point's latitude. What is empty is nowhere.
    pub fn is_near(&self, point: &Shape, metres: f64) -> bool {
        let Geometry::Point(to) = point.geometry else { return false };
        if !HAS_RELATIONS {
            return false;
        }
        if let Geometry::Point(from) = self.geometry {
            return over_the_sphere(from.0, to.0) <= metres;
        }
        if self.geometry.is_empty() {
            return false;
        }
        let degrees = match self.lies(Relation::Intersects, point) {
            true => 0.0,
            false => distance(&self.geometry, to.0),
        };
        let cos = to.0.y.to_radians().cos();
        degrees * METRES_OF_A_DEGREE * ((1.0 + cos * cos) / 2.0).sqrt() <= metres
    }

    /// Whether its rings and lines are as OGC has them: none crosses itself or another.
    pub fn is_valid(&self) -> bool {
        HAS_RELATIONS && self.geometry.is_valid()
    }
}

fn apart(one: Rect, other: Rect) -> bool {
    one.max().x < other.min().x
        || other.max().x < one.min().x
        || one.max().y < other.min().y
        || other.max().y < one.min().y
}

/// Great circles, by the haversine formula.
fn over_the_sphere(from: Coord, to: Coord) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let chord = half(from.y, to.y)
        + from.y.to_radians().cos() * to.y.to_radians().cos() * half(from.x, to.x);
    RADIUS * 2.0 * chord.sqrt().atan2((1.0 - chord).sqrt())
}

/// In the plane, from a place that does not lie in it; of nothing there is none.
fn distance(geometry: &Geometry, to: Coord) -> f64 {
    let least = |distances: &mut dyn Iterator<Item = f64>| distances.fold(f64::INFINITY, f64::min);
    let line = |line: &LineString| least(&mut line.lines().map(|line| from_line(line, to)));
    match geometry {
        Geometry::Point(point) => from_line(geo::Line::new(point.0, point.0), to),
        Geometry::MultiPoint(points) => {
            least(&mut points.iter().map(|point| distance(&Geometry::Point(*point), to)))
        }
        Geometry::LineString(of) => line(of),
        Geometry::MultiLineString(lines) => least(&mut lines.iter().map(line)),
        Geometry::Polygon(polygon) => {
            least(&mut [polygon.exterior()].into_iter().chain(polygon.interiors()).map(line))
        }
        Geometry::MultiPolygon(polygons) => {
            least(&mut polygons.iter().map(|one| distance(&Geometry::Polygon(one.clone()), to)))
        }
        Geometry::GeometryCollection(parts) => {
            least(&mut parts.iter().map(|part| distance(part, to)))
        }
        // kinds that no text is
        Geometry::Line(_) | Geometry::Rect(_) | Geometry::Triangle(_) => f64::INFINITY,
    }
}

fn from_line(line: geo::Line, to: Coord) -> f64 {
    let along = line.end - line.start;
    let length = along.x * along.x + along.y * along.y;
    let from = to - line.start;
    let share = match length {
        0.0 => 0.0,
        length => ((from.x * along.x + from.y * along.y) / length).clamp(0.0, 1.0),
    };
    (from - along * share).x.hypot((from - along * share).y)
}

#[cfg(test)]
mod tests;
