//! Whole columns of numbers and texts against constants, block by block: what most filters do most
//! of the time. NULLs are the caller's to leave out.

use std::ops::{Range, RangeInclusive};

use crate::expr::plan::{Bound, Computed};
use crate::expr::set::Set;
use crate::expr::tree::Compare;
use crate::expr::value::{self, Value};
use crate::segment::bits::Bits;
use crate::segment::blocks::Blocks;
use crate::segment::column::{Column, Data};

/// `a < 1`, `a % 7 == 3`; none where values are not told of this column in this way.
pub fn compare(
    column: &Column,
    rows: &Range<usize>,
    computed: &Computed,
    compare: Compare,
    with: &Value,
) -> Option<Bits> {
    let negated = compare == Compare::NotEqual;
    let mut yes = match (with, computed) {
        (Value::Int(with), Computed::Plain) => {
            within_ints(column, rows, &ints(compare, *with), |value| value)
        }
        (Value::Int(with), Computed::Arithmetic(operator, Value::Int(by))) => {
            within_ints(column, rows, &ints(compare, *with), |value| {
                value::ints(*operator, value, *by)
            })
        }
        (Value::Float(with), Computed::Plain) => {
            within_floats(column, rows, &floats(compare, *with))
        }
        (Value::Text(with), Computed::Plain) => {
            let Data::Text(blocks) = &column.data else { return None };
            Some(match compare {
                // equality looks at the length first
                Compare::Equal | Compare::NotEqual => tested(blocks, rows, |text| text == with),
                _ => tested(blocks, rows, |text| compare.holds(text.cmp(with))),
            })
        }
        _ => None,
    }?;
    if negated {
        yes.not();
    }
    Some(yes)
}

/// `1 < a <= 2`
pub fn between(column: &Column, rows: &Range<usize>, lower: &Bound, upper: &Bound) -> Option<Bits> {
    match (&lower.value, &upper.value) {
        (Value::Int(low), Value::Int(high)) => {
            let low = if lower.inclusive { Some(*low) } else { low.checked_add(1) };
            let high = if upper.inclusive { Some(*high) } else { high.checked_sub(1) };
            let range = low.zip(high).map_or(EMPTY, |(low, high)| low..=high);
            within_ints(column, rows, &range, |value| value)
        }
        (Value::Float(low), Value::Float(high)) => {
            let low = if lower.inclusive { *low } else { low.next_up() };
            let high = if upper.inclusive { *high } else { high.next_down() };
            within_floats(column, rows, &(low..=high))
        }
        _ => None,
    }
}

/// `a in [1, 2]`, of whole numbers and texts.
pub fn among(column: &Column, rows: &Range<usize>, set: &Set) -> Option<Bits> {
    match &column.data {
        Data::Int(blocks) => Some(tested(blocks, rows, |value| set.has_int(i64::from(*value)))),
        Data::Long(blocks) => Some(tested(blocks, rows, |value| set.has_int(*value))),
        Data::Text(blocks) => Some(tested(blocks, rows, |value| set.has_text(value))),
        _ => None,
    }
}

/// `a like "b%"`
pub fn texts(column: &Column, rows: &Range<usize>, test: impl Fn(&str) -> bool) -> Option<Bits> {
    match &column.data {
        Data::Text(blocks) => Some(tested(blocks, rows, |value| test(value))),
        _ => None,
    }
}

/// Which of the rows, counted from the first, have no bit.
pub fn missing(bits: &Bits, rows: &Range<usize>) -> impl Iterator<Item = usize> {
    let (start, end) = (rows.start, rows.end);
    let words = bits.words().iter().enumerate().skip(start / 64);
    words
        .take_while(move |(index, _)| index * 64 < end)
        .flat_map(|(index, word)| {
            let mut without = !word;
            std::iter::from_fn(move || {
                let bit = (without != 0).then_some(without.trailing_zeros())?;
                without &= without - 1;
                Some(index * 64 + bit as usize)
            })
        })
        .filter(move |row| (start..end).contains(row))
        .map(move |row| row - start)
}

/// So many of the rows, at least one, the same for the same seed: those whose numbers are scattered
/// lowest.
pub fn sample(
    rows: impl Iterator<Item = usize>,
    first: usize,
    share: f64,
    seed: u64,
) -> Vec<usize> {
    let seed = scatter(seed);
    let mut scattered: Vec<(u64, usize)> =
        rows.map(|row| (scatter((first + row) as u64 ^ seed), row)).collect();
    if scattered.is_empty() {
        return Vec::new();
    }
    let count = ((scattered.len() as f64 * share) as usize).max(1);
    if count < scattered.len() {
        scattered.select_nth_unstable(count);
        scattered.truncate(count);
    }
    scattered.into_iter().map(|(_, row)| row).collect()
}

#[allow(clippy::reversed_empty_ranges, reason = "nothing is in it, and that is meant")]
const EMPTY: RangeInclusive<i64> = 1..=0;

/// The whole numbers that stand so to another.
fn ints(compare: Compare, with: i64) -> RangeInclusive<i64> {
    match compare {
        Compare::Less => with.checked_sub(1).map_or(EMPTY, |below| i64::MIN..=below),
        Compare::LessEqual => i64::MIN..=with,
        Compare::Greater => with.checked_add(1).map_or(EMPTY, |above| above..=i64::MAX),
        Compare::GreaterEqual => with..=i64::MAX,
        Compare::Equal | Compare::NotEqual => with..=with,
    }
}

fn floats(compare: Compare, with: f64) -> RangeInclusive<f64> {
    match compare {
        Compare::Less => f64::NEG_INFINITY..=with.next_down(),
        Compare::LessEqual => f64::NEG_INFINITY..=with,
        Compare::Greater => with.next_up()..=f64::INFINITY,
        Compare::GreaterEqual => with..=f64::INFINITY,
        Compare::Equal | Compare::NotEqual => with..=with,
    }
}

fn within_ints(
    column: &Column,
    rows: &Range<usize>,
    range: &RangeInclusive<i64>,
    computed: impl Fn(i64) -> i64,
) -> Option<Bits> {
    let within = |value| range.contains(&computed(value));
    match &column.data {
        Data::Int(blocks) => Some(tested(blocks, rows, |value| within(i64::from(*value)))),
        Data::Long(blocks) => Some(tested(blocks, rows, |value| within(*value))),
        _ => None,
    }
}

fn within_floats(
    column: &Column,
    rows: &Range<usize>,
    range: &RangeInclusive<f64>,
) -> Option<Bits> {
    match &column.data {
        Data::Float(blocks) => {
            Some(tested(blocks, rows, |value| range.contains(&f64::from(*value))))
        }
        Data::Double(blocks) => Some(tested(blocks, rows, |value| range.contains(value))),
        _ => None,
    }
}

/// A bit a row; 64 rows are tested before any bit is set.
fn tested<T: Clone>(blocks: &Blocks<T>, rows: &Range<usize>, test: impl Fn(&T) -> bool) -> Bits {
    let mut yes = Bits::filled(rows.len(), false);
    let mut index = 0usize;
    let mut row = rows.start;
    let blocks_from = blocks.blocks().skip(rows.start / blocks.rows_per_block());
    for block in blocks_from {
        let from = row % blocks.rows_per_block();
        let here = (block.len().saturating_sub(from)).min(rows.end - row);
        let values = block.get(from..from + here).unwrap_or_default();
        for chunk in values.chunks(64) {
            let mut word = 0u64;
            for (bit, value) in chunk.iter().enumerate() {
                word |= u64::from(test(value)) << bit;
            }
            if index.is_multiple_of(64) {
                yes.set_word(index, word);
            } else {
                while word != 0 {
                    yes.set(index + word.trailing_zeros() as usize, true);
                    word &= word - 1;
                }
            }
            index += chunk.len();
        }
        row += here;
        if row >= rows.end {
            break;
        }
    }
    yes
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
