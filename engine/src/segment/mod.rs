//! The rows of a collection: a column for each field, which partition a row is in, which rows are
//! deleted, and which row has which key. Rows are numbered in the order in which they came; a row
//! that is written over is deleted and comes again at the end.

pub mod bits;
pub mod blocks;
pub mod column;
pub mod lists;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::{DataType, FieldData, IDs, LongArray, StringArray};

use crate::index::Metric;
use crate::index::built::{Built, Choice};
use crate::index::rows::{Mask, Rows};
use crate::index::sorted::{RUN, Sorted};
use crate::index::sparse::Sparse;
use crate::pace::step;
use crate::schema::{Field, Schema};
use bits::Bits;
use blocks::Blocks;
use column::{Cell, Column, Data, pairs};

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Int(i64),
    Text(Box<str>),
}

pub struct Segment {
    pub columns: Vec<Column>,
    /// the number of the row's partition
    partitions: Blocks<u32>,
    deleted: Bits,
    /// the newest row of a key
    keys: HashMap<Key, u32>,
    /// the rows of a sparse column by their terms, by the number of the column
    inverted: Vec<(usize, Sparse)>,
    /// the index of a dense column, by its number
    built: Vec<(usize, Built)>,
    /// the rows of a column of whole numbers or texts in the order of these, by its number
    sorted: Vec<(usize, Sorted)>,
    /// an insert does not look for its key: an older row of the same one, by the newer
    older: HashMap<u32, u32>,
    /// the rows before which, and the moment by which they were written, in the order of both
    written: Vec<(usize, u64)>,
    /// how many rows, from the first one on, were there at the last flush
    flushed: usize,
    primary: usize,
    identity: u64,
}

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// columns, keys and what tells of deleted rows
    pub rows: usize,
    /// what is made of them: it can be made again
    pub indexes: usize,
}

impl std::iter::Sum for Memory {
    fn sum<I: Iterator<Item = Memory>>(all: I) -> Memory {
        all.fold(Memory::default(), |sum, one| Memory {
            rows: sum.rows + one.rows,
            indexes: sum.indexes + one.indexes,
        })
    }
}

impl Segment {
    pub fn new(schema: &Schema) -> Segment {
        Segment {
            identity: next_identity(),
            columns: schema.fields.iter().map(Column::new).collect(),
            partitions: Blocks::new(1),
            deleted: Bits::default(),
            keys: HashMap::new(),
            inverted: schema
                .vectors()
                .filter(|(_, field)| field.data_type == DataType::SparseFloatVector)
                .map(|(index, _)| (index, Sparse::new()))
                .collect(),
            built: Vec::new(),
            sorted: Vec::new(),
            older: HashMap::new(),
            written: Vec::new(),
            flushed: 0,
            primary: schema.primary(),
        }
    }

    /// A segment as it was: all its rows, and which of them are deleted.
    pub(crate) async fn restored(
        schema: &Schema,
        columns: Vec<Column>,
        partitions: Blocks<u32>,
        deleted: Bits,
    ) -> Segment {
        let mut restored = Segment { columns, partitions, deleted, ..Segment::new(schema) };
        let rows = restored.rows();
        for (index, inverted) in &mut restored.inverted {
            if let Some(column) = restored.columns.get(*index) {
                for rows in steps(rows) {
                    invert(inverted, column, rows);
                    step().await;
                }
            }
        }
        let gone: Vec<usize> = restored.deleted.ones().collect();
        gone.into_iter().for_each(|row| restored.count(row, Sparse::forget));
        restored.keys.reserve(restored.live_count());
        for rows in steps(rows) {
            restored.link(rows);
            step().await;
        }
        restored
    }

    /// Which segment it is. As long as it stays the same, rows were only added and deleted.
    pub fn identity(&self) -> u64 {
        self.identity
    }

    pub fn deleted(&self) -> &Bits {
        &self.deleted
    }

    pub fn partitions(&self) -> &Blocks<u32> {
        &self.partitions
    }

    /// All rows that were ever written and not compacted away.
    pub fn rows(&self) -> usize {
        self.deleted.len()
    }

    /// The rows that are there.
    pub fn live(&self) -> Bits {
        let mut live = self.deleted.clone();
        live.not();
        live
    }

    pub fn live_count(&self) -> usize {
        self.rows() - self.deleted.count()
    }

    /// The rows of the partitions.
    pub fn in_partitions(&self, partitions: &[u32]) -> Bits {
        self.partitions.blocks().flatten().map(|partition| partitions.contains(partition)).collect()
    }

    pub fn partition(&self, row: usize) -> Option<u32> {
        self.partitions.get(row).copied()
    }

    pub fn column(&self, index: usize) -> Option<&Column> {
        self.columns.get(index)
    }

    /// The rows of a sparse column by their terms.
    pub fn inverted(&self, index: usize) -> Option<&Sparse> {
        self.inverted.iter().find(|(column, _)| *column == index).map(|(_, rows)| rows)
    }

    /// The index of a dense column, as far as it is built.
    pub fn built(&self, index: usize) -> Option<&Built> {
        self.built.iter().find(|(column, _)| *column == index).map(|(_, built)| built)
    }

    /// Builds the index of a column of floats for some milliseconds, another one than is wanted
    /// thrown away. True while there is more to do.
    pub fn build(&mut self, index: usize, choice: Choice, metric: Metric) -> bool {
        let there = |(column, _): &(usize, Built)| *column == index;
        self.built.retain(|built| !there(built) || built.1.is(choice, metric));
        let Some(column) = self.columns.get(index) else { return false };
        let Data::Floats(floats) = &column.data else { return false };
        let blocks: Vec<&[f32]> = floats.blocks().collect();
        let rows = Rows::new(&blocks, floats.width(), floats.rows_per_block());
        let mut found = self.live();
        if let Some(valid) = column.valid() {
            found.and(valid);
        }
        let mask = Mask::new(found.words());
        let mask = (mask.allowed() < rows.len()).then_some(mask);
        if !self.built.iter().any(there) {
            let new = Built::new(choice, metric, rows, mask);
            self.built.extend(new.map(|new| (index, new)));
        }
        let mut built = self.built.iter_mut().filter(|(column, _)| *column == index);
        built.next().is_some_and(|(_, built)| {
            let complete = built.len() == rows.len();
            !complete && built.step(rows, mask)
        })
    }

    /// The rows of a column in the order of their values, as far as they are sorted.
    pub fn sorted(&self, index: usize) -> Option<&Sorted> {
        self.sorted.iter().find(|(column, _)| *column == index).map(|(_, sorted)| sorted)
    }

    /// Sorts more rows of a column for some milliseconds. True while there is more to do.
    pub fn sort(&mut self, index: usize) -> bool {
        let (rows, Some(column)) = (self.rows(), self.columns.get(index)) else { return false };
        if rows < RUN {
            return false;
        }
        if self.sorted(index).is_none() {
            self.sorted.push((index, Sorted::default()));
        }
        let mut sorted = self.sorted.iter_mut().filter(|(column, _)| *column == index);
        let Some((_, sorted)) = sorted.next().filter(|(_, sorted)| sorted.len() + RUN <= rows)
        else {
            return false;
        };
        match &column.data {
            Data::Int(rows) => sorted.push(|a, b| rows.get(a).cmp(&rows.get(b))),
            Data::Long(rows) => sorted.push(|a, b| rows.get(a).cmp(&rows.get(b))),
            Data::Text(rows) => sorted.push(|a, b| rows.get(a).cmp(&rows.get(b))),
            _ => return false,
        }
        sorted.len() + RUN <= rows
    }

    /// Throws the indexes of a column away.
    pub fn unbuild(&mut self, index: usize) {
        self.built.retain(|(column, _)| *column != index);
        self.sorted.retain(|(column, _)| *column != index);
    }

    /// What it takes of the memory.
    pub fn memory(&self) -> Memory {
        let columns = self.columns.iter().map(Column::bytes).sum::<usize>();
        let text = |key: &Key| match key {
            Key::Int(_) => 0,
            Key::Text(text) => text.len(),
        };
        // a map has a byte beside each place
        let keys = self.keys.capacity() * (size_of::<(Key, u32)>() + 1)
            + self.keys.keys().map(text).sum::<usize>()
            + self.older.capacity() * (size_of::<(u32, u32)>() + 1);
        let inverted = self.inverted.iter().map(|(_, rows)| rows.bytes()).sum::<usize>();
        Memory {
            rows: columns + keys + self.partitions.bytes() + self.deleted.bytes(),
            indexes: inverted
                + self.built.iter().map(|(_, built)| built.bytes()).sum::<usize>()
                + self.sorted.iter().map(|(_, sorted)| sorted.bytes()).sum::<usize>(),
        }
    }

    /// Adds rows: a column for each field, all of one length, and the partition of each row.
    pub fn append(&mut self, columns: &[Column], partitions: &[u32]) {
        let rows = self.rows()..self.rows() + partitions.len();
        for (column, new) in self.columns.iter_mut().zip(columns) {
            column.append(new);
        }
        for (index, inverted) in &mut self.inverted {
            if let Some(column) = self.columns.get(*index) {
                invert(inverted, column, rows.clone());
            }
        }
        self.partitions.extend(partitions);
        self.deleted.resize(rows.end, false);
        self.link(rows);
    }

    /// Says of the rows that came last in which moment they were written.
    pub fn stamp(&mut self, moment: u64) {
        let rows = self.rows();
        if self.written.last().is_none_or(|(end, _)| *end < rows) {
            self.written.push((rows, moment));
        }
    }

    /// The rows before which, and the moment by which they were written, in the order of both.
    pub fn written(&self) -> &[(usize, u64)] {
        &self.written
    }

    /// As [`Segment::written`] gives it; what is not in order, or is no row, is left out.
    pub fn set_written(&mut self, written: impl Iterator<Item = (usize, u64)>) {
        self.written.clear();
        for (rows, moment) in written {
            let last = self.written.last();
            let is_next = last.is_none_or(|(end, before)| *end < rows && *before <= moment);
            if is_next && rows <= self.rows() {
                self.written.push((rows, moment));
            }
        }
    }

    /// How many rows, from the first one on, were written by a moment.
    pub fn written_by(&self, moment: u64) -> usize {
        let over = self.written.partition_point(|(_, written)| *written <= moment);
        over.checked_sub(1).and_then(|last| self.written.get(last)).map_or(0, |(end, _)| *end)
    }

    /// How many rows, from the first one on, were there at the last flush: those behind them grow.
    pub fn flushed(&self) -> usize {
        self.flushed
    }

    /// As [`Segment::flushed`] gives it; never more rows than there are.
    pub fn set_flushed(&mut self, rows: usize) {
        self.flushed = rows.min(self.rows());
    }

    /// The newest row of a key.
    pub fn find(&self, key: &Key) -> Option<usize> {
        self.keys.get(key).map(|row| *row as usize)
    }

    pub fn key(&self, row: usize) -> Option<Key> {
        match self.columns.get(self.primary)?.cell(row) {
            Cell::Int(key) => Some(Key::Int(key)),
            Cell::Text(key) => Some(Key::Text(key.into())),
            _ => None,
        }
    }

    /// Deletes every row of a key, in the partitions where any are named. Gives how many those
    /// were.
    pub fn delete(&mut self, key: &Key, partitions: Option<&[u32]>) -> usize {
        let mut deleted = 0;
        let mut left = Vec::new();
        let newest = self.keys.remove(key);
        let mut row = newest;
        while let Some(this) = row {
            let inside = partitions.is_none_or(|partitions| {
                self.partition(this as usize).is_some_and(|number| partitions.contains(&number))
            });
            if inside {
                self.deleted.set(this as usize, true);
                deleted += 1;
            } else {
                left.push(this);
            }
            row = self.older.remove(&this);
        }
        // those that stay are found as if the others had never been
        for pair in left.windows(2) {
            if let [newer, older] = pair {
                self.older.insert(*newer, *older);
            }
        }
        let before = newest;
        let newest = left.first().copied();
        if let Some(newest) = newest {
            self.keys.insert(key.clone(), newest);
        }
        if before != newest {
            before.into_iter().for_each(|row| self.count(row as usize, Sparse::forget));
            newest.into_iter().for_each(|row| self.count(row as usize, Sparse::recall));
        }
        deleted
    }

    /// Deletes every row of a partition.
    pub fn delete_partition(&mut self, partition: u32) {
        let rows = self.in_partitions(&[partition]);
        let keys: Vec<Key> = rows.ones().filter_map(|row| self.key(row)).collect();
        for key in keys {
            self.delete(&key, Some(&[partition]));
        }
    }

    /// Leaves the newest row of each key: a key that was inserted twice is one entity.
    pub fn newest(&self, mut rows: Bits) -> Bits {
        for before in self.older.values() {
            rows.set(*before as usize, false);
        }
        rows
    }

    /// The rows that are named alone, numbered anew.
    pub fn compacted(&self, schema: &Schema, rows: &Bits) -> Segment {
        let live: Vec<usize> = rows.ones().collect();
        let mut compacted = Segment::new(schema);
        let columns: Vec<Column> = self
            .columns
            .iter()
            .zip(&schema.fields)
            .map(|(column, field)| column.select(field, &live))
            .collect();
        let partitions: Vec<u32> = live.iter().filter_map(|row| self.partition(*row)).collect();
        compacted.append(&columns, &partitions);
        let stamps = self.written.iter().map(|(end, moment)| {
            let kept = live.partition_point(|row| row < end);
            (kept, *moment)
        });
        compacted.flushed = live.partition_point(|row| *row < self.flushed);
        compacted.written = stamps.collect();
        compacted.written.dedup_by_key(|(end, _)| *end);
        compacted
    }

    /// A column for a field that is added: NULL or the default in every row.
    pub fn insert_column(&mut self, index: usize, column: Column) {
        let inverted = self.inverted.iter_mut().map(|(place, _)| place);
        let built = self.built.iter_mut().map(|(place, _)| place);
        let sorted = self.sorted.iter_mut().map(|(place, _)| place);
        let places = inverted.chain(built).chain(sorted);
        places.filter(|place| **place >= index).for_each(|place| *place += 1);
        if matches!(column.data, Data::Sparse(_)) {
            let mut inverted = Sparse::new();
            invert(&mut inverted, &column, 0..self.rows());
            self.inverted.push((index, inverted));
        }
        if index <= self.columns.len() {
            self.columns.insert(index, column);
        }
        self.identity = next_identity();
        self.primary += usize::from(index <= self.primary);
    }

    /// Takes the column of a field away that is no key.
    pub fn remove_column(&mut self, index: usize) {
        if index < self.columns.len() && index != self.primary {
            self.columns.remove(index);
            self.inverted.retain(|(place, _)| *place != index);
            self.built.retain(|(place, _)| *place != index);
            self.sorted.retain(|(place, _)| *place != index);
            let inverted = self.inverted.iter_mut().map(|(place, _)| place);
            let built = self.built.iter_mut().map(|(place, _)| place);
            let sorted = self.sorted.iter_mut().map(|(place, _)| place);
            let places = inverted.chain(built).chain(sorted);
            places.filter(|place| **place > index).for_each(|place| *place -= 1);
            self.identity = next_identity();
            self.primary -= usize::from(index < self.primary);
        }
    }

    /// The values of a field of some rows.
    pub fn gather(&self, index: usize, field: &Field, rows: &[usize]) -> FieldData {
        self.columns.get(index).map(|column| column.gather(field, rows)).unwrap_or_default()
    }

    /// Finds the rows from this one on by their keys.
    fn link(&mut self, rows: Range<usize>) {
        for row in rows {
            if !self.deleted.get(row)
                && let Some(key) = self.key(row)
                && let Some(before) = self.keys.insert(key, row as u32)
            {
                self.older.insert(row as u32, before);
                self.count(before as usize, Sparse::forget);
            }
        }
    }

    /// Takes a row out of what BM25 counts, or in again: it is to be there, and the newest of its
    /// key.
    fn count(&mut self, row: usize, change: fn(&mut Sparse, &[(u32, f32)])) {
        for (column, inverted) in &mut self.inverted {
            let data = self.columns.get(*column).map(|column| &column.data);
            if let Some(Data::Sparse(rows)) = data
                && let Some(terms) = rows.get(row)
            {
                change(inverted, &pairs(terms).collect::<Vec<_>>());
            }
        }
    }
}

fn invert(inverted: &mut Sparse, column: &Column, range: Range<usize>) {
    if let Data::Sparse(rows) = &column.data {
        for (row, terms) in range.clone().zip(rows.pieces(range).flatten()) {
            inverted.insert(row as u32, &pairs(terms).collect::<Vec<_>>());
        }
    }
}

/// All rows, as many at a time as take a few milliseconds to link or to invert.
fn steps(rows: usize) -> impl Iterator<Item = Range<usize>> {
    const STEP: usize = 4_096;
    (0..rows).step_by(STEP).map(move |start| start..rows.min(start + STEP))
}

fn next_identity() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Keys as a reply lists them.
pub fn ids(keys: impl IntoIterator<Item = Key>) -> IDs {
    let (mut ints, mut texts) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            Key::Int(key) => ints.push(key),
            Key::Text(key) => texts.push(String::from(key)),
        }
    }
    let id_field = match texts.is_empty() {
        true => IdField::IntId(LongArray { data: ints }),
        false => IdField::StrId(StringArray { data: texts }),
    };
    IDs { id_field: Some(id_field) }
}
