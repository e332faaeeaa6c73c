//! Lists of links of one greatest length, in blocks, so that memory grows and never moves.

// Lists are counted as they are made, and links as they are written.
#![allow(clippy::indexing_slicing)]

use crate::index::collect::{pack, unpack};

/// Lists of at most `most` links, each with its distance from the node whose list it is.
///
/// In memory a list is its length, the number of links that were checked against one another, and
/// the links. Distances lie elsewhere: only an insertion reads them.
pub struct Lists {
    most: usize,
    blocks: Vec<Box<[u32]>>,
    distances: Vec<Box<[f32]>>,
    len: u32,
}

/// A link on its way into a list.
#[derive(Clone, Copy)]
pub struct Link {
    /// Distance and node, as [`pack`] has them.
    pub packed: u64,
    /// It has been chosen together with the others that are checked: none of them is nearer to
    /// another than the node whose list it is.
    pub checked: bool,
}

const LISTS_PER_BLOCK: u32 = 1024;
const HEAD: usize = 2;

impl Lists {
    pub fn new(most: usize) -> Self {
        Self { most, blocks: Vec::new(), distances: Vec::new(), len: 0 }
    }

    pub fn most(&self) -> usize {
        self.most
    }

    /// How many lists there are.
    pub fn count(&self) -> u32 {
        self.len
    }

    pub fn bytes(&self) -> usize {
        self.blocks.len() * LISTS_PER_BLOCK as usize * (self.stride() + self.most) * 4
    }

    /// Adds an empty list.
    pub fn push(&mut self) {
        if self.len as usize == self.blocks.len() * LISTS_PER_BLOCK as usize {
            self.blocks.push(vec![0; LISTS_PER_BLOCK as usize * self.stride()].into());
            self.distances.push(vec![0.0; LISTS_PER_BLOCK as usize * self.most].into());
        }
        self.len += 1;
    }

    #[inline(always)]
    pub fn links(&self, list: u32) -> &[u32] {
        let list = self.list(list);
        &list[HEAD..HEAD + list[0] as usize]
    }

    /// Adds a link where there is room; else gives all of the list to `full`.
    pub fn append(&mut self, list: u32, node: u32, distance: f32, full: &mut Vec<Link>) -> bool {
        let most = self.most;
        let (list, distances) = self.list_mut(list);
        let count = list[0] as usize;
        if count < most {
            list[HEAD + count] = node;
            distances[count] = distance;
            list[0] += 1;
            return true;
        }
        full.clear();
        let checked = list[1] as usize;
        let links = list[HEAD..].iter().zip(distances);
        full.extend(links.enumerate().map(|(i, (&node, &mut distance))| Link {
            packed: pack(distance, node),
            checked: i < checked,
        }));
        full.push(Link { packed: pack(distance, node), checked: false });
        false
    }

    /// Writes a list anew, of links that are checked against one another.
    pub fn set(&mut self, list: u32, links: &[u64]) {
        let count = links.len().min(self.most);
        let (list, distances) = self.list_mut(list);
        for (i, &packed) in links.iter().take(count).enumerate() {
            (distances[i], list[HEAD + i]) = unpack(packed);
        }
        (list[0], list[1]) = (count as u32, count as u32);
    }

    /// A list as numbers: length, checked, links, bits of distances.
    pub fn stored(&self, list: u32) -> impl Iterator<Item = u32> {
        let start = self.within(list) * self.most;
        let distances = &self.distances[block(list)][start..start + self.most];
        self.list(list).iter().copied().chain(distances.iter().map(|d| d.to_bits()))
    }

    /// How many numbers a list is stored as.
    pub fn stored_len(&self) -> usize {
        self.stride() + self.most
    }

    /// Adds a list as it was stored, when its counts are possible and `known` says of every link
    /// that its node may be linked to.
    pub fn restore(&mut self, stored: &[u32], known: impl Fn(u32) -> bool) -> Option<()> {
        let (head, bits) = stored.split_at_checked(self.stride())?;
        let (&[count, checked], nodes) = head.split_first_chunk()?;
        let possible = bits.len() == self.most && checked <= count;
        if !possible || !nodes.get(..count as usize)?.iter().all(|&node| known(node)) {
            return None;
        }
        self.push();
        let (list, distances) = self.list_mut(self.len - 1);
        list.copy_from_slice(head);
        distances.iter_mut().zip(bits).for_each(|(d, &bits)| *d = f32::from_bits(bits));
        Some(())
    }

    #[inline(always)]
    fn list(&self, list: u32) -> &[u32] {
        let start = self.within(list) * self.stride();
        &self.blocks[block(list)][start..start + self.stride()]
    }

    fn list_mut(&mut self, list: u32) -> (&mut [u32], &mut [f32]) {
        let (within, stride, most) = (self.within(list), self.stride(), self.most);
        (
            &mut self.blocks[block(list)][within * stride..][..stride],
            &mut self.distances[block(list)][within * most..][..most],
        )
    }

    fn stride(&self) -> usize {
        HEAD + self.most
    }

    #[inline(always)]
    fn within(&self, list: u32) -> usize {
        (list % LISTS_PER_BLOCK) as usize
    }
}

#[inline(always)]
fn block(list: u32) -> usize {
    (list / LISTS_PER_BLOCK) as usize
}
