//! Distances between vectors: the inner loops of every search, and the only file with `unsafe`.
//!
//! In: a query, converted once by [`Element::query`], and a row as it is stored: `f32`, `f16`,
//! `bf16`, `i8`, or bits eight to a byte. Out: squared Euclidean distances, inner products, squared
//! norms, Hamming and Jaccard distances. Slices of unequal length are compared as far as the
//! shorter one goes.
//!
//! Every sum of floats is kept in the same sixteen lanes and folded in the same order, so a score
//! is the same bit for bit in a browser and natively, by a scan and by a graph. On wasm32 the lanes
//! are four `v128`; elsewhere they are an array, which the compiler vectorises, for AVX2 where the
//! machine has it. No fused multiply-add: wasm has none that gives the same result everywhere.

// Lengths are made equal before a loop, and offsets are multiples of a chunk within them.
#![allow(clippy::indexing_slicing)]

use std::borrow::Cow;

use half::{bf16, f16};

/// A number of a dense vector.
pub trait Element: Copy + Default + 'static {
    /// What a query is made of: exact for every value of the element.
    type Query: Copy + 'static;

    /// A vector as a query, borrowed where it is one already.
    fn query(vector: &[Self]) -> Cow<'_, [Self::Query]>;

    /// The squared Euclidean distance.
    fn l2(query: &[Self::Query], row: &[Self]) -> f32;

    /// The inner product.
    fn ip(query: &[Self::Query], row: &[Self]) -> f32;

    /// The squared norm.
    fn norm(row: &[Self]) -> f32;

    /// The squared distances of two rows, which a graph reads from two places at once.
    fn l2_pair(query: &[Self::Query], rows: [&[Self]; 2]) -> [f32; 2] {
        rows.map(|row| Self::l2(query, row))
    }

    /// The inner products of two rows.
    fn ip_pair(query: &[Self::Query], rows: [&[Self]; 2]) -> [f32; 2] {
        rows.map(|row| Self::ip(query, row))
    }

    /// The inner products of two queries with four rows, for many queries over rows that are in
    /// the cache. They may differ from those of [`Element::ip`] in the last digits.
    fn ip_tile(queries: [&[Self::Query]; 2], rows: [&[Self]; 4]) -> [[f32; 4]; 2] {
        queries.map(|query| rows.map(|row| Self::ip(query, row)))
    }

    /// The numbers as floats.
    fn widen(row: &[Self], into: &mut Vec<f32>);
}

/// The reciprocal of a norm, from its square; 0 for a vector without a direction, so that its
/// cosine with anything is 0.
pub fn inverse_norm(squared: f32) -> f32 {
    if squared > 0.0 { 1.0 / squared.sqrt() } else { 0.0 }
}

/// The number of bits that differ.
#[inline]
pub fn hamming(a: &[u8], b: &[u8]) -> u32 {
    #[inline(always)]
    fn words(a: &[u8], b: &[u8]) -> u32 {
        count_bits(a, b, |x, y| (x ^ y).count_ones())
    }
    wide!(words(a: &[u8], b: &[u8]) -> u32)
}

/// One minus the share of the bits set in both among those set in either; 1 when none is set.
#[inline]
pub fn jaccard(a: &[u8], b: &[u8]) -> f32 {
    #[inline(always)]
    fn words(a: &[u8], b: &[u8]) -> f32 {
        let both = count_bits(a, b, |x, y| (x & y).count_ones());
        let either = count_bits(a, b, |x, y| (x | y).count_ones());
        if either == 0 { 1.0 } else { (either - both) as f32 / either as f32 }
    }
    wide!(words(a: &[u8], b: &[u8]) -> f32)
}

/// The rows and dimensions of a tile of [`tile_dots`].
pub const TILE_ROWS: usize = 4;
pub const TILE_DIMS: usize = 16;

/// The greatest absolute value of a query of [`tile_dots`]: sums of 32,768 products with codes of
/// eight bits then stay within 32 bits in each of four lanes.
pub const TILE_QUERY_MAX: i16 = 2047;

/// The inner products of a query with four rows of codes that lie in tiles: sixteen numbers of the
/// first row, sixteen of the second, and so on, then the next sixteen of each. So four rows are
/// one stream to the memory and share the loads of the query, whose length is a multiple of
/// sixteen and whose values are at most [`TILE_QUERY_MAX`].
#[inline]
pub fn tile_dots(query: &[i16], tiles: &[i8]) -> [i32; TILE_ROWS] {
    wide!(tile_dots_whole(query: &[i16], tiles: &[i8]) -> [i32; TILE_ROWS])
}

/// Calls a function compiled for AVX2 where the machine has it, and as it is elsewhere.
macro_rules! wide {
    ($name:ident($($arg:ident: $type:ty),*) -> $out:ty) => {{
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2,popcnt")]
            fn avx2($($arg: $type),*) -> $out {
                $name($($arg),*)
            }
            if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("popcnt") {
                // SAFETY: the machine has the features the function is compiled for.
                return unsafe { avx2($($arg),*) };
            }
        }
        $name($($arg),*)
    }};
}
use wide;

macro_rules! float_element {
    ($element:ty, $load:path, $query:expr, { $($more:tt)* }) => {
        impl Element for $element {
            type Query = f32;

            fn query(vector: &[Self]) -> Cow<'_, [f32]> {
                $query(vector)
            }

            #[inline]
            fn l2(query: &[f32], row: &[Self]) -> f32 {
                #[inline(always)]
                fn lanes(query: &[f32], row: &[$element]) -> f32 {
                    float_sum(query, row, Lanes::load, $load, |sum, q, x| {
                        let d = q.sub(x);
                        sum.add(d.mul(d))
                    })
                }
                wide!(lanes(query: &[f32], row: &[$element]) -> f32)
            }

            #[inline]
            fn ip(query: &[f32], row: &[Self]) -> f32 {
                #[inline(always)]
                fn lanes(query: &[f32], row: &[$element]) -> f32 {
                    float_sum(query, row, Lanes::load, $load, |sum, q, x| sum.add(q.mul(x)))
                }
                wide!(lanes(query: &[f32], row: &[$element]) -> f32)
            }

            #[inline]
            fn norm(row: &[Self]) -> f32 {
                #[inline(always)]
                fn lanes(row: &[$element]) -> f32 {
                    float_sum(row, row, $load, $load, |sum, x, _| sum.add(x.mul(x)))
                }
                wide!(lanes(row: &[$element]) -> f32)
            }

            #[inline]
            fn l2_pair(query: &[f32], rows: [&[Self]; 2]) -> [f32; 2] {
                #[inline(always)]
                fn lanes(query: &[f32], rows: [&[$element]; 2]) -> [f32; 2] {
                    float_pair(query, rows, $load, |sum, q, x| {
                        let d = q.sub(x);
                        sum.add(d.mul(d))
                    })
                }
                wide!(lanes(query: &[f32], rows: [&[$element]; 2]) -> [f32; 2])
            }

            #[inline]
            fn ip_pair(query: &[f32], rows: [&[Self]; 2]) -> [f32; 2] {
                #[inline(always)]
                fn lanes(query: &[f32], rows: [&[$element]; 2]) -> [f32; 2] {
                    float_pair(query, rows, $load, |sum, q, x| sum.add(q.mul(x)))
                }
                wide!(lanes(query: &[f32], rows: [&[$element]; 2]) -> [f32; 2])
            }

            $($more)*

            fn widen(row: &[Self], into: &mut Vec<f32>) {
                into.extend(row.iter().map(|&x| f32::from(x)));
            }
        }
    };
}

float_element!(f32, Lanes::load, Cow::Borrowed, {
    #[inline]
    fn ip_tile(queries: [&[f32]; 2], rows: [&[f32]; 4]) -> [[f32; 4]; 2] {
        wide!(f32_tile(queries: [&[f32]; 2], rows: [&[f32]; 4]) -> [[f32; 4]; 2])
    }
});
float_element!(f16, Lanes::load_f16, |vector| Cow::Owned(widened(vector)), {});
float_element!(bf16, Lanes::load_bf16, |vector| Cow::Owned(widened(vector)), {});

fn widened<T: Element>(vector: &[T]) -> Vec<f32> {
    let mut floats = Vec::with_capacity(vector.len());
    T::widen(vector, &mut floats);
    floats
}

impl Element for i8 {
    type Query = i8;

    fn query(vector: &[i8]) -> Cow<'_, [i8]> {
        Cow::Borrowed(vector)
    }

    #[inline]
    fn l2(query: &[i8], row: &[i8]) -> f32 {
        wide!(i8_l2(query: &[i8], row: &[i8]) -> f32)
    }

    #[inline]
    fn ip(query: &[i8], row: &[i8]) -> f32 {
        wide!(i8_ip(query: &[i8], row: &[i8]) -> f32)
    }

    #[inline]
    fn norm(row: &[i8]) -> f32 {
        Self::ip(row, row)
    }

    fn widen(row: &[i8], into: &mut Vec<f32>) {
        into.extend(row.iter().map(|&x| f32::from(x)));
    }
}

/// Folds two vectors into sixteen sums, the last chunk filled up with zeros, and adds these up.
#[inline(always)]
fn float_sum<A: Element, B: Element>(
    a: &[A],
    b: &[B],
    load_a: impl Fn(&[A; LANES]) -> Lanes,
    load_b: impl Fn(&[B; LANES]) -> Lanes,
    step: impl Fn(Lanes, Lanes, Lanes) -> Lanes,
) -> f32 {
    let length = a.len().min(b.len());
    let (a, a_rest) = a[..length].as_chunks::<LANES>();
    let (b, b_rest) = b[..length].as_chunks::<LANES>();
    let mut sum = Lanes::zero();
    for (x, y) in a.iter().zip(b) {
        sum = step(sum, load_a(x), load_b(y));
    }
    if !a_rest.is_empty() {
        sum = step(sum, load_a(&padded(a_rest)), load_b(&padded(b_rest)));
    }
    sum.total()
}

/// As [`float_sum`], for one query and two rows.
#[inline(always)]
fn float_pair<T: Element>(
    query: &[f32],
    [a, b]: [&[T]; 2],
    load: impl Fn(&[T; LANES]) -> Lanes,
    step: impl Fn(Lanes, Lanes, Lanes) -> Lanes,
) -> [f32; 2] {
    let length = query.len().min(a.len()).min(b.len());
    let (query, query_rest) = query[..length].as_chunks::<LANES>();
    let (a, a_rest) = a[..length].as_chunks::<LANES>();
    let (b, b_rest) = b[..length].as_chunks::<LANES>();
    let mut sums = [Lanes::zero(); 2];
    for ((q, x), y) in query.iter().zip(a).zip(b) {
        let q = Lanes::load(q);
        sums = [step(sums[0], q, load(x)), step(sums[1], q, load(y))];
    }
    if !query_rest.is_empty() {
        let q = Lanes::load(&padded(query_rest));
        let (x, y) = (load(&padded(a_rest)), load(&padded(b_rest)));
        sums = [step(sums[0], q, x), step(sums[1], q, y)];
    }
    sums.map(Lanes::total)
}

#[inline(always)]
fn padded<T: Element>(rest: &[T]) -> [T; LANES] {
    let mut chunk = [T::default(); LANES];
    chunk[..rest.len()].copy_from_slice(rest);
    chunk
}

/// The products of two queries with four rows, eight sums of four lanes.
#[inline(always)]
fn f32_tile(queries: [&[f32]; 2], rows: [&[f32]; 4]) -> [[f32; 4]; 2] {
    let length = rows.iter().chain(&queries).map(|v| v.len()).min().unwrap_or(0);
    let whole = length / QUAD * QUAD;
    let mut sums = [[Quad::zero(); 4]; 2];
    let mut at = 0;
    while at < whole {
        let q = queries.map(|v| Quad::at(v, at));
        for (i, row) in rows.iter().enumerate() {
            let x = Quad::at(row, at);
            sums[0][i] = sums[0][i].add(q[0].mul(x));
            sums[1][i] = sums[1][i].add(q[1].mul(x));
        }
        at += QUAD;
    }
    let mut dots = sums.map(|of_query| of_query.map(Quad::total));
    for i in whole..length {
        for (dots, query) in dots.iter_mut().zip(queries) {
            for (dot, row) in dots.iter_mut().zip(rows) {
                *dot += query[i] * row[i];
            }
        }
    }
    dots
}

#[inline(always)]
fn count_bits(a: &[u8], b: &[u8], count: impl Fn(u64, u64) -> u32) -> u32 {
    let length = a.len().min(b.len());
    let (a, a_rest) = a[..length].as_chunks::<8>();
    let (b, b_rest) = b[..length].as_chunks::<8>();
    let words = a.iter().zip(b).map(|(&x, &y)| count(u64::from_le_bytes(x), u64::from_le_bytes(y)));
    let rest = a_rest.iter().zip(b_rest).map(|(&x, &y)| count(x.into(), y.into()));
    words.sum::<u32>() + rest.sum::<u32>()
}

const LANES: usize = 16;
const QUAD: usize = 4;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128::{Lanes, Quad, i8_ip, i8_l2, tile_dots_whole};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use portable::{Lanes, Quad, i8_ip, i8_l2, tile_dots_whole};

/// Lanes of wasm's vectors.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::*;

    use half::{bf16, f16};

    use super::{LANES, QUAD, TILE_DIMS, TILE_ROWS};

    #[derive(Clone, Copy)]
    pub struct Quad(v128);

    impl Quad {
        #[inline(always)]
        pub fn zero() -> Self {
            Self(f32x4_splat(0.0))
        }

        #[inline(always)]
        pub fn at(values: &[f32], at: usize) -> Self {
            let values = &values[at..at + QUAD];
            // SAFETY: the slice is 16 bytes long; a v128 load needs no alignment.
            Self(unsafe { v128_load(values.as_ptr().cast()) })
        }

        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }

        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            Self(f32x4_mul(self.0, other.0))
        }

        #[inline(always)]
        pub fn total(self) -> f32 {
            let pairs = f32x4_add(self.0, i32x4_shuffle::<2, 3, 0, 1>(self.0, self.0));
            f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
        }
    }

    #[derive(Clone, Copy)]
    pub struct Lanes([v128; 4]);

    impl Lanes {
        #[inline(always)]
        pub fn zero() -> Self {
            Self([f32x4_splat(0.0); 4])
        }

        #[inline(always)]
        pub fn load(values: &[f32; LANES]) -> Self {
            let at = values.as_ptr().cast::<v128>();
            // SAFETY: sixteen floats are four v128, and a load needs no alignment.
            Self(unsafe {
                [v128_load(at), v128_load(at.add(1)), v128_load(at.add(2)), v128_load(at.add(3))]
            })
        }

        /// A half's exponent and mantissa stand in a float's place, 112 powers of two too low.
        #[inline(always)]
        pub fn load_f16(values: &[f16; LANES]) -> Self {
            // SAFETY: an f16 is a transparent u16, of which sixteen are 32 bytes.
            Self(unsafe { load_u16(values.as_ptr().cast()) }.map(|half| {
                let size = v128_and(half, u32x4_splat(0x7fff));
                let value =
                    f32x4_mul(u32x4_shl(size, 13), f32x4_splat(f32::from_bits(0x7780_0000)));
                let endless = u32x4_ge(size, u32x4_splat(0x7c00));
                let value = v128_or(value, v128_and(endless, u32x4_splat(0x7f80_0000)));
                v128_or(value, u32x4_shl(v128_and(half, u32x4_splat(0x8000)), 16))
            }))
        }

        #[inline(always)]
        pub fn load_bf16(values: &[bf16; LANES]) -> Self {
            // SAFETY: a bf16 is a transparent u16, of which sixteen are 32 bytes.
            Self(unsafe { load_u16(values.as_ptr().cast()) }.map(|half| u32x4_shl(half, 16)))
        }

        #[inline(always)]
        pub fn add(self, Self([e, f, g, h]): Self) -> Self {
            let Self([a, b, c, d]) = self;
            Self([f32x4_add(a, e), f32x4_add(b, f), f32x4_add(c, g), f32x4_add(d, h)])
        }

        #[inline(always)]
        pub fn sub(self, Self([e, f, g, h]): Self) -> Self {
            let Self([a, b, c, d]) = self;
            Self([f32x4_sub(a, e), f32x4_sub(b, f), f32x4_sub(c, g), f32x4_sub(d, h)])
        }

        #[inline(always)]
        pub fn mul(self, Self([e, f, g, h]): Self) -> Self {
            let Self([a, b, c, d]) = self;
            Self([f32x4_mul(a, e), f32x4_mul(b, f), f32x4_mul(c, g), f32x4_mul(d, h)])
        }

        #[inline(always)]
        pub fn total(self) -> f32 {
            let Self([a, b, c, d]) = self;
            Quad(f32x4_add(f32x4_add(a, c), f32x4_add(b, d))).total()
        }
    }

    /// Sixteen numbers of two bytes, each in four.
    ///
    /// # Safety
    /// 32 bytes from `at` must be readable.
    #[inline(always)]
    unsafe fn load_u16(at: *const v128) -> [v128; 4] {
        // SAFETY: the caller's; a load needs no alignment.
        let (low, high) = unsafe { (v128_load(at), v128_load(at.add(1))) };
        [
            u32x4_extend_low_u16x8(low),
            u32x4_extend_high_u16x8(low),
            u32x4_extend_low_u16x8(high),
            u32x4_extend_high_u16x8(high),
        ]
    }

    #[inline(always)]
    fn load_i8(values: &[i8; 16]) -> [v128; 2] {
        // SAFETY: sixteen bytes are one v128, and a load needs no alignment.
        let bytes = unsafe { v128_load(values.as_ptr().cast()) };
        [i16x8_extend_low_i8x16(bytes), i16x8_extend_high_i8x16(bytes)]
    }

    #[inline(always)]
    fn i32_total(sum: v128) -> i32 {
        let pairs = i32x4_add(sum, i32x4_shuffle::<2, 3, 0, 1>(sum, sum));
        i32x4_extract_lane::<0>(pairs) + i32x4_extract_lane::<1>(pairs)
    }

    #[inline(always)]
    pub fn i8_l2(a: &[i8], b: &[i8]) -> f32 {
        i8_sum(a, b, |x, y| {
            let d = i16x8_sub(x, y);
            i32x4_dot_i16x8(d, d)
        })
    }

    #[inline(always)]
    pub fn i8_ip(a: &[i8], b: &[i8]) -> f32 {
        i8_sum(a, b, |x, y| i32x4_dot_i16x8(x, y))
    }

    #[inline(always)]
    fn i8_sum(a: &[i8], b: &[i8], step: impl Fn(v128, v128) -> v128) -> f32 {
        let length = a.len().min(b.len());
        let (a, a_rest) = a[..length].as_chunks::<16>();
        let (b, b_rest) = b[..length].as_chunks::<16>();
        let mut sums = [i32x4_splat(0); 2];
        let mut add = |x: &[i8; 16], y: &[i8; 16]| {
            let ([x0, x1], [y0, y1]) = (load_i8(x), load_i8(y));
            sums = [i32x4_add(sums[0], step(x0, y0)), i32x4_add(sums[1], step(x1, y1))];
        };
        for (x, y) in a.iter().zip(b) {
            add(x, y);
        }
        if !a_rest.is_empty() {
            add(&super::padded(a_rest), &super::padded(b_rest));
        }
        i32_total(i32x4_add(sums[0], sums[1])) as f32
    }

    #[inline(always)]
    fn add_dots(sum: v128, low: v128, high: v128, codes: &[i8; 16]) -> v128 {
        let [x, y] = load_i8(codes);
        i32x4_add(sum, i32x4_add(i32x4_dot_i16x8(low, x), i32x4_dot_i16x8(high, y)))
    }

    #[inline(always)]
    pub fn tile_dots_whole(query: &[i16], tiles: &[i8]) -> [i32; TILE_ROWS] {
        let mut sums = [i32x4_splat(0); TILE_ROWS];
        let tiles = tiles.as_chunks::<TILE_DIMS>().0.as_chunks::<TILE_ROWS>().0;
        for (q, tile) in query.as_chunks::<TILE_DIMS>().0.iter().zip(tiles) {
            let at = q.as_ptr().cast::<v128>();
            // SAFETY: sixteen numbers of two bytes are two v128; a load needs no alignment.
            let (low, high) = unsafe { (v128_load(at), v128_load(at.add(1))) };
            // one by one: a loop is not unrolled by every compiler, and the sums lie in memory then
            sums[0] = add_dots(sums[0], low, high, &tile[0]);
            sums[1] = add_dots(sums[1], low, high, &tile[1]);
            sums[2] = add_dots(sums[2], low, high, &tile[2]);
            sums[3] = add_dots(sums[3], low, high, &tile[3]);
        }
        [i32_total(sums[0]), i32_total(sums[1]), i32_total(sums[2]), i32_total(sums[3])]
    }
}

/// The same lanes as arrays.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable {
    use std::array::from_fn;

    use half::{bf16, f16};

    use super::{LANES, QUAD, TILE_DIMS, TILE_ROWS};

    #[derive(Clone, Copy)]
    pub struct Quad([f32; QUAD]);

    impl Quad {
        #[inline(always)]
        pub fn zero() -> Self {
            Self([0.0; QUAD])
        }

        #[inline(always)]
        pub fn at(values: &[f32], at: usize) -> Self {
            let values = &values[at..at + QUAD];
            Self(from_fn(|i| values[i]))
        }

        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            Self(from_fn(|i| self.0[i] + other.0[i]))
        }

        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            Self(from_fn(|i| self.0[i] * other.0[i]))
        }

        #[inline(always)]
        pub fn total(self) -> f32 {
            let [a, b, c, d] = self.0;
            (a + c) + (b + d)
        }
    }

    #[derive(Clone, Copy)]
    pub struct Lanes([f32; LANES]);

    impl Lanes {
        #[inline(always)]
        pub fn zero() -> Self {
            Self([0.0; LANES])
        }

        #[inline(always)]
        pub fn load(values: &[f32; LANES]) -> Self {
            Self(*values)
        }

        /// A half's exponent and mantissa stand in a float's place, 112 powers of two too low.
        #[inline(always)]
        pub fn load_f16(values: &[f16; LANES]) -> Self {
            Self(from_fn(|i| {
                let half = u32::from(values[i].to_bits());
                let size = half & 0x7fff;
                let value = f32::from_bits(size << 13) * f32::from_bits(0x7780_0000);
                let endless = if size >= 0x7c00 { 0x7f80_0000 } else { 0 };
                f32::from_bits(value.to_bits() | endless | (half & 0x8000) << 16)
            }))
        }

        #[inline(always)]
        pub fn load_bf16(values: &[bf16; LANES]) -> Self {
            Self(from_fn(|i| f32::from_bits(u32::from(values[i].to_bits()) << 16)))
        }

        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            Self(from_fn(|i| self.0[i] + other.0[i]))
        }

        #[inline(always)]
        pub fn sub(self, other: Self) -> Self {
            Self(from_fn(|i| self.0[i] - other.0[i]))
        }

        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            Self(from_fn(|i| self.0[i] * other.0[i]))
        }

        #[inline(always)]
        pub fn total(self) -> f32 {
            let s = self.0;
            Quad(from_fn(|i| (s[i] + s[i + 8]) + (s[i + 4] + s[i + 12]))).total()
        }
    }

    #[inline(always)]
    pub fn i8_l2(a: &[i8], b: &[i8]) -> f32 {
        let square = |(&x, &y): (&i8, &i8)| {
            let d = i16::from(x) - i16::from(y);
            i32::from(d) * i32::from(d)
        };
        a.iter().zip(b).map(square).sum::<i32>() as f32
    }

    #[inline(always)]
    pub fn i8_ip(a: &[i8], b: &[i8]) -> f32 {
        a.iter().zip(b).map(|(&x, &y)| i32::from(x) * i32::from(y)).sum::<i32>() as f32
    }

    #[inline(always)]
    pub fn tile_dots_whole(query: &[i16], tiles: &[i8]) -> [i32; TILE_ROWS] {
        let mut sums = [0; TILE_ROWS];
        let tiles = tiles.as_chunks::<TILE_DIMS>().0.as_chunks::<TILE_ROWS>().0;
        for (q, tile) in query.as_chunks::<TILE_DIMS>().0.iter().zip(tiles) {
            for (sum, codes) in sums.iter_mut().zip(tile) {
                *sum +=
                    q.iter().zip(codes).map(|(&q, &x)| i32::from(q) * i32::from(x)).sum::<i32>();
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::random::Random;

    /// Every length around a chunk, held against sums in double precision.
    #[test]
    fn distances_are_those_of_the_textbook() {
        let mut random = Random::new(1);
        for length in (0..70).chain([128, 767, 768]) {
            let [a, b, c, d, e, f] = [(); 6].map(|()| random.floats(length));
            let exact = |a: &[f32], b: &[f32], term: fn(f64, f64) -> f64| {
                a.iter().zip(b).map(|(&x, &y)| term(x.into(), y.into())).sum::<f64>() as f32
            };
            let near = |x: f32, y: f32| assert!((x - y).abs() < 1e-3, "{length}: {x} {y}");
            near(f32::l2(&a, &b), exact(&a, &b, |x, y| (x - y) * (x - y)));
            near(f32::ip(&a, &b), exact(&a, &b, |x, y| x * y));
            near(f32::norm(&a), exact(&a, &a, |x, y| x * y));
            assert_eq!(f32::l2_pair(&a, [&b, &c]), [f32::l2(&a, &b), f32::l2(&a, &c)]);
            assert_eq!(f32::ip_pair(&a, [&b, &c]), [f32::ip(&a, &b), f32::ip(&a, &c)]);
            let tile = f32::ip_tile([&a, &b], [&c, &d, &e, &f]);
            for (dots, query) in tile.iter().zip([&a, &b]) {
                for (dot, row) in dots.iter().zip([&c, &d, &e, &f]) {
                    near(*dot, f32::ip(query, row));
                }
            }
            let halves: Vec<f16> = a.iter().map(|&x| f16::from_f32(x)).collect();
            let widened: Vec<f32> = halves.iter().map(|&x| x.into()).collect();
            assert_eq!(f16::l2(&b, &halves), f32::l2(&b, &widened));
            assert_eq!(f16::norm(&halves), f32::norm(&widened));
            let brain: Vec<bf16> = a.iter().map(|&x| bf16::from_f32(x)).collect();
            let widened: Vec<f32> = brain.iter().map(|&x| x.into()).collect();
            assert_eq!(bf16::ip(&b, &brain), f32::ip(&b, &widened));
        }
    }

    #[test]
    fn every_half_is_itself() {
        for start in (0..=u16::MAX).step_by(LANES) {
            let halves: [f16; LANES] = std::array::from_fn(|i| f16::from_bits(start + i as u16));
            for (i, half) in halves.iter().enumerate() {
                let mut one = [0.0; LANES];
                one[i] = 1.0;
                if half.is_finite() && halves.iter().all(|h| h.is_finite()) {
                    assert_eq!(f16::ip(&one, &halves), f32::from(*half), "{half:?}");
                }
            }
        }
        let endless = [f16::INFINITY, f16::NAN, f16::NEG_INFINITY];
        assert_eq!(f16::ip(&[1.0], &endless[..1]), f32::INFINITY);
        assert!(f16::ip(&[1.0], &endless[1..2]).is_nan());
        assert_eq!(f16::ip(&[1.0], &endless[2..]), f32::NEG_INFINITY);
    }

    #[test]
    fn bytes_and_bits_are_counted_exactly() {
        let mut random = Random::new(2);
        for length in (0..40).chain([128, 4096]) {
            let [a, b] = [(); 2]
                .map(|()| (0..length).map(|_| random.below(256) as u8 as i8).collect::<Vec<i8>>());
            let wide = |v: &[i8]| v.iter().map(|&x| i64::from(x)).collect::<Vec<_>>();
            let (x, y) = (wide(&a), wide(&b));
            let l2: i64 = x.iter().zip(&y).map(|(x, y)| (x - y) * (x - y)).sum();
            let ip: i64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            assert_eq!((i8::l2(&a, &b), i8::ip(&a, &b)), (l2 as f32, ip as f32));
            let bytes = |v: &[i8]| v.iter().map(|&x| x as u8).collect::<Vec<_>>();
            let (x, y) = (bytes(&a), bytes(&b));
            let bits = |f: fn(u8, u8) -> u8| -> u32 {
                x.iter().zip(&y).map(|(&x, &y)| f(x, y).count_ones()).sum()
            };
            assert_eq!(hamming(&x, &y), bits(|x, y| x ^ y));
            let (both, either) = (bits(|x, y| x & y), bits(|x, y| x | y));
            let expected =
                if either == 0 { 1.0 } else { 1.0 - f64::from(both) / f64::from(either) };
            assert!((f64::from(jaccard(&x, &y)) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn tiles_give_the_products_of_four_rows() {
        let mut random = Random::new(3);
        for chunks in [0, 1, 2, 48] {
            let length = chunks * TILE_DIMS;
            let query: Vec<i16> = (0..length).map(|_| random.below(4095) as i16 - 2047).collect();
            let rows: [Vec<i8>; 4] = std::array::from_fn(|_| {
                (0..length).map(|_| random.below(255) as i16 as i8).collect()
            });
            let tiles: Vec<i8> = (0..chunks)
                .flat_map(|c| rows.iter().flat_map(move |r| &r[c * TILE_DIMS..][..TILE_DIMS]))
                .copied()
                .collect();
            let dots = rows.each_ref().map(|row| {
                query.iter().zip(row).map(|(&q, &x)| i32::from(q) * i32::from(x)).sum::<i32>()
            });
            assert_eq!(tile_dots(&query, &tiles), dots);
        }
    }
}
