//! The rows of a collection: a column for each field, which partition a row is in, which rows are
//! deleted, and which row has which key. Rows are numbered in the order in which they came; a row
//! that is written over is deleted and comes again at the end.

pub mod bits;
pub mod blocks;
pub mod column;

use std::collections::HashMap;

use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::{DataType, FieldData, IDs, LongArray, StringArray};

use crate::index::sparse::Sparse;
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
    /// an insert does not look for its key: an older row of the same one, by the newer
    older: HashMap<u32, u32>,
    /// the rows before which, and the moment by which they were written, in the order of both
    written: Vec<(usize, u64)>,
    primary: usize,
}

impl Segment {
    pub fn new(schema: &Schema) -> Segment {
        Segment {
            columns: schema.fields.iter().map(Column::new).collect(),
            partitions: Blocks::new(1),
            deleted: Bits::default(),
            keys: HashMap::new(),
            inverted: schema
                .vectors()
                .filter(|(_, field)| field.data_type == DataType::SparseFloatVector)
                .map(|(index, _)| (index, Sparse::new()))
                .collect(),
            older: HashMap::new(),
            written: Vec::new(),
            primary: schema.primary(),
        }
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

    /// Adds rows: a column for each field, all of one length, and the partition of each row.
    pub fn append(&mut self, columns: &[Column], partitions: &[u32]) {
        let first = self.rows();
        for (column, new) in self.columns.iter_mut().zip(columns) {
            column.append(new);
        }
        for (index, inverted) in &mut self.inverted {
            if let Some(Column { data: Data::Sparse(rows), .. }) = columns.get(*index) {
                for (row, terms) in (first..).zip(rows.blocks().flatten()) {
                    inverted.insert(row as u32, &pairs(terms).collect::<Vec<_>>());
                }
            }
        }
        self.partitions.extend(partitions);
        self.deleted.resize(first + partitions.len(), false);
        for row in first..self.rows() {
            if let Some(key) = self.key(row)
                && let Some(before) = self.keys.insert(key, row as u32)
            {
                self.older.insert(row as u32, before);
            }
        }
    }

    /// Says of the rows that came last in which moment they were written.
    pub fn stamp(&mut self, moment: u64) {
        let rows = self.rows();
        if self.written.last().is_none_or(|(end, _)| *end < rows) {
            self.written.push((rows, moment));
        }
    }

    /// How many rows, from the first one on, were written by a moment.
    pub fn written_by(&self, moment: u64) -> usize {
        let over = self.written.partition_point(|(_, written)| *written <= moment);
        over.checked_sub(1).and_then(|last| self.written.get(last)).map_or(0, |(end, _)| *end)
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
        let mut row = self.keys.get(key).copied();
        let mut left = false;
        while let Some(this) = row {
            let inside = partitions.is_none_or(|partitions| {
                self.partition(this as usize).is_some_and(|number| partitions.contains(&number))
            });
            if !inside {
                left = true;
            } else if !self.deleted.get(this as usize) {
                self.deleted.set(this as usize, true);
                deleted += 1;
            }
            row = self.older.get(&this).copied();
        }
        if !left {
            self.forget(key);
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
        compacted.written = stamps.collect();
        compacted.written.dedup_by_key(|(end, _)| *end);
        compacted
    }

    /// A column for a field that is added: NULL or the default in every row.
    pub fn insert_column(&mut self, index: usize, column: Column) {
        for (place, _) in self.inverted.iter_mut().filter(|(place, _)| *place >= index) {
            *place += 1;
        }
        if let Data::Sparse(rows) = &column.data {
            let mut inverted = Sparse::new();
            for (row, terms) in (0..).zip(rows.blocks().flatten()) {
                inverted.insert(row, &pairs(terms).collect::<Vec<_>>());
            }
            self.inverted.push((index, inverted));
        }
        if index <= self.columns.len() {
            self.columns.insert(index, column);
        }
        self.primary += usize::from(index <= self.primary);
    }

    /// Takes the column of a field away that is no key.
    pub fn remove_column(&mut self, index: usize) {
        if index < self.columns.len() && index != self.primary {
            self.columns.remove(index);
            self.inverted.retain(|(place, _)| *place != index);
            for (place, _) in self.inverted.iter_mut().filter(|(place, _)| *place > index) {
                *place -= 1;
            }
            self.primary -= usize::from(index < self.primary);
        }
    }

    /// The values of a field of some rows.
    pub fn gather(&self, index: usize, field: &Field, rows: &[usize]) -> FieldData {
        self.columns.get(index).map(|column| column.gather(field, rows)).unwrap_or_default()
    }

    fn forget(&mut self, key: &Key) {
        let mut row = self.keys.remove(key);
        while let Some(this) = row {
            row = self.older.remove(&this);
        }
    }
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
