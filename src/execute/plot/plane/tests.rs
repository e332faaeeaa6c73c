//! The plane against what has to hold of any, and against numpy's decomposition.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

fn plane(rows: Vec<f32>, dim: usize) -> Plane {
    let mut search = Search::new(rows, dim);
    while search.step() {}
    search.plane()
}

fn matrix() -> impl Strategy<Value = (Vec<f32>, usize)> {
    (1usize..24, 0usize..40, 0i32..30).prop_flat_map(|(dim, count, exponent)| {
        let scale = 10f32.powi(exponent - 15);
        let value = (-1000i16..1000).prop_map(move |value| f32::from(value) * scale);
        (proptest::collection::vec(value, dim * count), Just(dim))
    })
}

/// The sum of squares, and that of products, of two columns of points.
fn squares(points: &[[f64; 2]]) -> [f64; 3] {
    points.iter().fold([0.0; 3], |[a, b, ab], [x, y]| [a + x * x, b + y * y, ab + x * y])
}

proptest! {
    #[test]
    fn axes_are_ordered_at_right_angles_and_keep_no_more_than_all((rows, dim) in matrix()) {
        let found = plane(rows.clone(), dim);
        prop_assert_eq!(found.points.len(), rows.len() / dim);
        prop_assert!((0.0..=1.0).contains(&found.kept), "{}", found.kept);
        let [first, second, both] = squares(&found.points);
        prop_assert!(first >= second * (1.0 - 1e-6), "{first} {second}");
        prop_assert!(both.abs() <= first * 1e-4, "{both} of {first}");
        let add = |[x, y]: [f64; 2], point: &[f64; 2]| [x + point[0], y + point[1]];
        let centre = found.points.iter().fold([0.0; 2], add);
        let size = first.sqrt() * 1e-3;
        prop_assert!(centre[0].abs() <= size && centre[1].abs() <= size, "{centre:?} of {size}");
    }

    /// Another row that is one of the rows lies where that lies.
    #[test]
    fn a_row_is_placed_where_it_lies((rows, dim) in matrix()) {
        let found = plane(rows.clone(), dim);
        let size = squares(&found.points)[0].sqrt() * 1e-4;
        for (row, point) in rows.chunks(dim).zip(&found.points) {
            let placed = found.place(row);
            let off = (placed[0] - point[0]).abs().max((placed[1] - point[1]).abs());
            prop_assert!(off <= size, "{off}");
        }
    }

    /// However the rows are moved, the points are the same.
    #[test]
    fn the_mean_does_not_count(
        rows in proptest::collection::vec(-100i16..100, 30), by in -500i16..500
    ) {
        let at = |by: i16| {
            plane(rows.iter().map(|value| f32::from(value + by)).collect(), 3)
        };
        let (one, other) = (at(0), at(by));
        let size = squares(&one.points)[0].sqrt() * 1e-3 + 1e-9;
        let [first, second, _] = squares(&one.points);
        // axes of one length may turn
        prop_assume!(second < first * 0.99);
        for (one, other) in one.points.iter().zip(&other.points) {
            prop_assert!((one[0] - other[0]).abs() <= size, "{one:?} {other:?}");
        }
    }
}

#[test]
fn few_rows_have_a_plane() {
    assert!(plane(Vec::new(), 3).points.is_empty());
    assert_eq!(plane(vec![1.0, 2.0], 2).points, [[0.0, 0.0]]);
    let same = plane([1.5; 12].to_vec(), 4);
    assert_eq!((same.points, same.kept), (vec![[0.0, 0.0]; 3], 1.0));
    let line = plane(vec![0.0, 0.0, 3.0, 4.0, 6.0, 8.0], 2);
    for (point, x) in line.points.iter().zip([-5.0, 0.0, 5.0]) {
        assert!((point[0] - x).abs() < 1e-5 && point[1].abs() < 1e-5, "{:?}", line.points);
    }
}

#[test]
fn the_same_rows_give_the_same_points() {
    let mut random = Random(7);
    let rows: Vec<f32> = (0..64 * 50).map(|_| random.normal()).collect();
    assert_eq!(plane(rows.clone(), 64).points, plane(rows, 64).points);
}

/// Between two of them a worker sees whether it is to stop.
#[test]
fn a_large_matrix_is_many_slices() {
    let mut search = Search::new(vec![1.0; 4_000 * 768], 768);
    let mut slices = 1;
    while search.step() {
        slices += 1;
    }
    assert_eq!(slices, 6 * (4_000 * 768usize).div_ceil(SLICE));
}

/// Matrices whose singular values fall as those of real embeddings do (slowly, fast, two apart,
/// none but one), tall and wide, in numbers of every size: numpy says which variance the best plane
/// keeps, and where the points lie.
#[test]
fn numpy_finds_the_same_plane() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../..");
    let mut numpy = Command::new(root.join(".venv/bin/python"))
        .arg(root.join("tests/plane.py"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("`make setup` installs numpy");
    let mut stdin = numpy.stdin.take().unwrap();
    let mut random = Random(42);
    for (count, dim, fall, scale) in [
        (200, 8, 0.5f32, 1.0f32),
        (1_000, 64, 0.8, 1e-3),
        (3_000, 768, 0.9, 1.0),
        (40, 768, 0.95, 1e6),
        (2_000, 128, 0.97, 1e-12),
        (500, 16, 0.0, 1e12),
        (4_000, 100, 0.7, 50.0),
    ] {
        let rank = dim.min(count).min(60);
        let directions: Vec<f32> = (0..rank * dim).map(|_| random.normal()).collect();
        let mut rows = vec![0.0f32; count * dim];
        for row in rows.chunks_mut(dim) {
            let mut size = scale;
            for direction in directions.chunks(dim) {
                let along = random.normal() * size;
                row.iter_mut().zip(direction).for_each(|(value, part)| *value += along * part);
                size *= fall;
            }
            row.iter_mut().for_each(|value| *value += scale * 3.0);
        }
        let found = plane(rows.clone(), dim);
        let numbers = [count as f64, dim as f64, found.kept];
        let points = found.points.iter().flatten();
        for number in numbers.iter().chain(points) {
            stdin.write_all(&number.to_le_bytes()).unwrap();
        }
        rows.iter().for_each(|value| stdin.write_all(&value.to_le_bytes()).unwrap());
    }
    drop(stdin);
    assert!(numpy.wait().unwrap().success());
}
