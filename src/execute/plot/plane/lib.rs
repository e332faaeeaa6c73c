//! The plane in which vectors lie widest, by a randomised singular value decomposition (Halko,
//! Martinsson and Tropp 2011): a random sketch, two power iterations, and the eigenvectors of a
//! small matrix. In: rows of numbers. Out: where each row lies on the two axes, and what part of
//! the variance they keep. Works in slices, between which whoever asks may do something else.
//!
//! Own code and no crate: nalgebra's decomposition is of the whole matrix, and larger than the
//! rest of PLOT; what is needed is products of long rows with twelve columns, which LLVM makes SIMD
//! of, and the eigenvectors of a matrix of 12 x 12.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

/// Columns of the sketch: two axes, and ten more so that they are found well. Three SIMD registers.
const WIDTH: usize = 12;
/// Products with the matrix: the sketch, and two power iterations.
const ROUNDS: u8 = 3;
/// Rows whose products are summed in single precision, before they are added to the others.
const BLOCK: usize = 256;
/// Numbers of a slice: some 10 ms.
const SLICE: usize = 1 << 20;

type Lane = [f32; WIDTH];

/// What is done next to every row.
#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Mean,
    Centre,
    /// a product with the matrix and its transpose, so many times more
    Round(u8),
    Last,
    Done,
}

/// The search for the plane.
pub struct Search {
    rows: Vec<f32>,
    dim: usize,
    pass: Pass,
    /// the row at which the next slice begins
    at: usize,
    mean: Vec<f64>,
    largest: f32,
    /// of all squares of the centred and scaled rows
    variance: f64,
    basis: Vec<Lane>,
    sums: Vec<[f64; WIDTH]>,
    /// the rows in the basis
    small: Vec<Lane>,
}

/// The plane that was found.
pub struct Plane {
    /// where each row lies
    pub points: Vec<[f64; 2]>,
    /// what part of the variance the two axes keep, from 0 to 1; 1 where there is none
    pub kept: f64,
    mean: Vec<f64>,
    axes: [Vec<f64>; 2],
}

impl Plane {
    /// Where another row lies.
    pub fn place(&self, row: &[f32]) -> [f64; 2] {
        let on = |axis: &Vec<f64>| {
            let parts = row.iter().zip(&self.mean).zip(axis);
            parts.map(|((value, mean), axis)| (f64::from(*value) - mean) * axis).sum()
        };
        let [first, second] = &self.axes;
        [on(first), on(second)]
    }
}

impl Search {
    /// Begins with rows of `dim` numbers, all of them finite, one behind the other.
    pub fn new(rows: Vec<f32>, dim: usize) -> Search {
        let dim = dim.max(1);
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let basis = (0..dim).map(|_| std::array::from_fn(|_| random.normal())).collect();
        Search {
            rows,
            dim,
            pass: Pass::Mean,
            at: 0,
            mean: vec![0.0; dim],
            largest: 0.0,
            variance: 0.0,
            basis,
            sums: vec![[0.0; WIDTH]; dim],
            small: Vec::new(),
        }
    }

    /// Does one slice; says whether there is more to do.
    pub fn step(&mut self) -> bool {
        let (from, count) = (self.at * self.dim, self.rows.len() / self.dim);
        let size = (SLICE / self.dim).max(1).min(count - self.at);
        let end = from + size * self.dim;
        let slice = self.rows.get_mut(from..end).unwrap_or_default();
        match self.pass {
            Pass::Mean => {
                self.largest = add_up(slice, self.dim, &mut self.mean).max(self.largest);
            }
            Pass::Centre => self.variance += centre(slice, self.dim, &self.mean, self.largest),
            Pass::Round(_) => multiply(slice, self.dim, &self.basis, &mut self.sums),
            Pass::Last => {
                self.small.extend(slice.chunks_exact(self.dim).map(|row| dots(row, &self.basis)));
            }
            Pass::Done => {}
        }
        self.at += size;
        if self.at < count {
            return true;
        }
        self.at = 0;
        self.pass = match self.pass {
            Pass::Mean => {
                self.mean.iter_mut().for_each(|sum| *sum /= count.max(1) as f64);
                if self.largest == 0.0 {
                    self.largest = 1.0;
                }
                Pass::Centre
            }
            Pass::Centre => Pass::Round(ROUNDS - 1),
            Pass::Round(left) => {
                self.basis =
                    orthonormal(&std::mem::replace(&mut self.sums, vec![[0.0; WIDTH]; self.dim]));
                left.checked_sub(1).map_or(Pass::Last, Pass::Round)
            }
            Pass::Last | Pass::Done => Pass::Done,
        };
        self.pass != Pass::Done
    }

    /// The plane, once there is nothing more to do.
    pub fn plane(self) -> Plane {
        let mut gram = [[0.0; WIDTH]; WIDTH];
        for row in &self.small {
            for (sums, one) in gram.iter_mut().zip(row) {
                for (sum, other) in sums.iter_mut().zip(row) {
                    *sum += f64::from(*one) * f64::from(*other);
                }
            }
        }
        let [first, second] = largest(gram);
        let enough = first.0 * 1e-10;
        let scale = f64::from(self.largest);
        let mut kept = 0.0;
        let mut places = Vec::new();
        let axes = [first, second].map(|(value, vector)| {
            let mut axis: Vec<f64> = self.basis.iter().map(|lane| along(lane, &vector)).collect();
            let widest = axis.iter().fold(0.0f64, |most, part| {
                if part.abs() > most.abs() * (1.0 + 1e-6) { *part } else { most }
            });
            // noise is no direction; and of the two that each axis has, one is always taken
            let is_there = value > 0.0 && value >= enough;
            let sign = if !is_there { 0.0 } else { widest.signum() };
            axis.iter_mut().for_each(|part| *part *= sign);
            kept += if is_there { value } else { 0.0 };
            places.push((sign * scale, vector));
            axis
        });
        let place = |lane: &Lane| {
            let mut on = places.iter().map(|(scale, vector)| along(lane, vector) * scale);
            [on.next().unwrap_or_default(), on.next().unwrap_or_default()]
        };
        let kept = if self.variance > 0.0 { (kept / self.variance).min(1.0) } else { 1.0 };
        Plane { points: self.small.iter().map(place).collect(), kept, mean: self.mean, axes }
    }
}

fn along(lane: &Lane, vector: &[f64; WIDTH]) -> f64 {
    lane.iter().zip(vector).map(|(one, other)| f64::from(*one) * other).sum()
}

/// Adds rows up; gives the largest number among them.
fn add_up(rows: &[f32], dim: usize, sums: &mut [f64]) -> f32 {
    let mut largest = 0.0f32;
    for row in rows.chunks_exact(dim) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*value);
            largest = largest.max(value.abs());
        }
    }
    largest
}

/// Makes rows what they differ from the mean by, as parts of `largest`; gives the sum of squares.
fn centre(rows: &mut [f32], dim: usize, mean: &[f64], largest: f32) -> f64 {
    let scale = 1.0 / f64::from(largest);
    let mut squares = 0.0;
    for row in rows.chunks_exact_mut(dim) {
        for (value, mean) in row.iter_mut().zip(mean) {
            let centred = (f64::from(*value) - mean) * scale;
            squares += centred * centred;
            *value = centred as f32;
        }
    }
    squares
}

/// Adds the product of the transposed rows, the rows and the basis.
fn multiply(rows: &[f32], dim: usize, basis: &[Lane], sums: &mut [[f64; WIDTH]]) {
    let mut block_sums = vec![[0.0f32; WIDTH]; dim];
    for block in rows.chunks(dim * BLOCK) {
        block_sums.fill([0.0; WIDTH]);
        for row in block.chunks_exact(dim) {
            let lane = dots(row, basis);
            for (value, into) in row.iter().zip(&mut block_sums) {
                for (sum, part) in into.iter_mut().zip(&lane) {
                    *sum += value * part;
                }
            }
        }
        for (into, block) in sums.iter_mut().zip(&block_sums) {
            for (sum, part) in into.iter_mut().zip(block) {
                *sum += f64::from(*part);
            }
        }
    }
}

/// A row times the basis.
fn dots(row: &[f32], basis: &[Lane]) -> Lane {
    let mut sums = [0.0; WIDTH];
    for (value, lane) in row.iter().zip(basis) {
        for (sum, part) in sums.iter_mut().zip(lane) {
            *sum += value * part;
        }
    }
    sums
}

/// Columns of length 1 at right angles that span the same; what adds nothing is zero (Gram and
/// Schmidt, twice).
fn orthonormal(sums: &[[f64; WIDTH]]) -> Vec<Lane> {
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(WIDTH);
    let mut longest = 0.0f64;
    for at in 0..WIDTH {
        let mut column: Vec<f64> =
            sums.iter().map(|row| row.get(at).copied().unwrap_or_default()).collect();
        longest = longest.max(norm(&column));
        for _ in 0..2 {
            for other in &done {
                let shared: f64 = column.iter().zip(other).map(|(one, other)| one * other).sum();
                column.iter_mut().zip(other).for_each(|(part, other)| *part -= shared * other);
            }
        }
        let length = norm(&column);
        let scale = if length > longest * 1e-12 { 1.0 / length } else { 0.0 };
        column.iter_mut().for_each(|part| *part *= scale);
        done.push(column);
    }
    let lane = |row: usize| {
        let mut parts = done.iter().map(|column| column.get(row).copied().unwrap_or_default());
        std::array::from_fn(|_| parts.next().unwrap_or_default() as f32)
    };
    (0..sums.len()).map(lane).collect()
}

fn norm(column: &[f64]) -> f64 {
    column.iter().map(|part| part * part).sum::<f64>().sqrt()
}

/// The two largest eigenvalues of a symmetric matrix, with their vectors (Jacobi's rotations).
#[allow(clippy::indexing_slicing, clippy::needless_range_loop)] // below WIDTH, all of it
fn largest(mut matrix: [[f64; WIDTH]; WIDTH]) -> [(f64, [f64; WIDTH]); 2] {
    let mut vectors = [[0.0; WIDTH]; WIDTH];
    for at in 0..WIDTH {
        vectors[at][at] = 1.0;
    }
    for _ in 0..30 {
        for p in 0..WIDTH {
            for q in p + 1..WIDTH {
                let off = matrix[p][q];
                if off.abs() <= f64::EPSILON * (matrix[p][p] * matrix[q][q]).abs().sqrt() {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * off);
                let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for k in 0..WIDTH {
                    let (one, other) = (matrix[k][p], matrix[k][q]);
                    matrix[k][p] = cosine * one - sine * other;
                    matrix[k][q] = sine * one + cosine * other;
                }
                for k in 0..WIDTH {
                    let (one, other) = (matrix[p][k], matrix[q][k]);
                    matrix[p][k] = cosine * one - sine * other;
                    matrix[q][k] = sine * one + cosine * other;
                    let (one, other) = (vectors[k][p], vectors[k][q]);
                    vectors[k][p] = cosine * one - sine * other;
                    vectors[k][q] = sine * one + cosine * other;
                }
            }
        }
    }
    let (mut first, mut second) = (0, 1);
    if matrix[second][second] > matrix[first][first] {
        (first, second) = (second, first);
    }
    for at in 2..WIDTH {
        if matrix[at][at] > matrix[first][first] {
            (first, second) = (at, first);
        } else if matrix[at][at] > matrix[second][second] {
            second = at;
        }
    }
    [first, second].map(|at| (matrix[at][at], std::array::from_fn(|row| vectors[row][at])))
}

/// Marsaglia's xorshift64*: the same numbers every time.
struct Random(u64);

impl Random {
    /// From -0.5 to 0.5.
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let top = (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as u32;
        top as f32 / (1u32 << 24) as f32 - 0.5
    }

    /// As good as normal: the sum of six.
    fn normal(&mut self) -> f32 {
        (0..6).map(|_| self.uniform()).sum()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
