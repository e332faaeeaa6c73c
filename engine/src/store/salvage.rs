//! Reads what is whole of a store that does not open. In: files, which are left as they are. Out:
//! records and blocks whose checksums are right, and what is lost.

use std::sync::Arc;

use super::error::{Result, StoreError};
use super::files::Files;
use super::log::{Found, HEADER, Header, Reader, Record};
use super::name::Name;
use super::recover::{list, read_slots};
use super::segment::Segment;

/// A store to read from, with gaps.
pub struct Salvage {
    /// of the newest manifest that is whole, which may not be the last that there was: `lost`
    /// tells then
    pub manifest_body: Option<Vec<u8>>,
    /// in order, those that are in no segment of that manifest; sequences may be missing
    pub records: Vec<Record>,
    /// the sequence that the first of them has where none is missing
    pub first_sequence: u64,
    /// what was found to be damaged
    pub lost: Vec<StoreError>,
    segments: Vec<(u64, Segment)>,
}

/// Fails only when the files do, or are of a later format.
pub fn salvage(files: Arc<dyn Files>) -> Result<Salvage> {
    let files = files.as_ref();
    let names = list(files)?;
    let slots = read_slots(files, &names)?;
    let mut lost = Vec::new();
    lost.extend(slots.bad.map(|(file, what)| StoreError::damaged(file, 0, what)));
    let manifest = slots.newest;
    let generation = manifest.as_ref().map_or(0, |manifest| manifest.generation);
    let first_sequence = manifest.as_ref().map_or(1, |manifest| manifest.first_sequence);

    let mut records: Vec<Record> = Vec::new();
    for name in &names {
        if let Name::Log(number) = name
            && *number >= generation
        {
            for record in read_log(files, *number, first_sequence, &mut lost)? {
                // at the end, but where one log has what another one lost
                let at = records.binary_search_by_key(&record.sequence, |other| other.sequence);
                if let Err(at) = at
                    && record.sequence >= first_sequence
                {
                    records.insert(at, record);
                }
            }
        }
    }
    if manifest.is_some() && !names.contains(&Name::Log(generation)) {
        lost.push(StoreError::damaged(Name::Log(generation), 0, "the log is not there"));
    }

    let entries = manifest.as_ref().map(|manifest| &manifest.segments[..]).unwrap_or_default();
    let listed = entries.iter().map(|entry| entry.number);
    let found = names.iter().filter_map(|name| match name {
        Name::Segment(number) => Some(*number),
        Name::Manifest(_) | Name::Log(_) | Name::Reserve => None,
    });
    let mut numbers: Vec<u64> = Vec::new();
    for number in listed.chain(found) {
        if let Err(at) = numbers.binary_search(&number) {
            numbers.insert(at, number);
        }
    }
    let mut segments = Vec::new();
    for number in numbers {
        let entry = entries.iter().find(|entry| entry.number == number);
        let opened = match entry {
            Some(entry) => Segment::open(files, *entry),
            None => Segment::salvage(files, number),
        };
        match opened {
            Ok(segment) => segments.push((number, segment)),
            Err(error @ StoreError::Damaged { .. }) => lost.push(error),
            Err(error) => return Err(error),
        }
    }
    let manifest_body = manifest.map(|manifest| manifest.body);
    Ok(Salvage { manifest_body, records, first_sequence, lost, segments })
}

impl Salvage {
    /// The numbers of the segments whose tables are whole, those of no manifest too.
    pub fn segments(&self) -> impl Iterator<Item = u64> {
        self.segments.iter().map(|(number, _)| *number)
    }

    pub fn blocks(&self, segment: u64) -> usize {
        self.find(segment).map_or(0, Segment::blocks)
    }

    /// Bytes of a block.
    pub fn block_len(&self, segment: u64, block: usize) -> Result<usize> {
        self.whole(segment)?.block_len(block)
    }

    pub fn read_block(&self, segment: u64, block: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.block_len(segment, block)?];
        self.read_block_into(segment, block, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a block to where it is wanted, which must be of its size.
    pub fn read_block_into(&self, segment: u64, block: usize, buffer: &mut [u8]) -> Result<()> {
        self.whole(segment)?.read(block, buffer)
    }

    fn whole(&self, number: u64) -> Result<&Segment> {
        self.find(number)
            .ok_or_else(|| StoreError::damaged(Name::Segment(number), 0, "it is not whole"))
    }

    fn find(&self, number: u64) -> Option<&Segment> {
        self.segments.iter().find(|(other, _)| *other == number).map(|(_, segment)| segment)
    }
}

/// All whole records, over every gap.
fn read_log(
    files: &dyn Files,
    generation: u64,
    first_sequence: u64,
    lost: &mut Vec<StoreError>,
) -> Result<Vec<Record>> {
    let name = Name::Log(generation);
    let file = files.open(&name.to_string())?;
    let header = Header::read(file.as_ref())?;
    if header.is_none() {
        // every record tells for itself whether it is whole
        lost.push(StoreError::damaged(name, 0, "the log's header is damaged"));
    }
    let mut sequence = header.map_or(first_sequence, |header| header.first_sequence);
    sequence = sequence.saturating_sub(1);
    let mut reader = Reader::new(file.clone(), generation, file.size()?);
    let mut records = Vec::new();
    loop {
        let offset = reader.offset.max(HEADER);
        let found = match reader.next()? {
            Found::Record(found) => Some(found),
            Found::End => None,
            Found::Bad(what) => {
                lost.push(StoreError::damaged(name, offset, what));
                reader.resync(sequence, 0)?
            }
        };
        let Some(found) = found else { return Ok(records) };
        sequence = found.sequence;
        records.push(reader.record(found)?);
    }
}
