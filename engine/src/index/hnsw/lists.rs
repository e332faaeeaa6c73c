//! Lists of links of one greatest length, in blocks, so that memory grows and never moves.

// Lists are counted as they are made, and links as they are written.
#![allow(clippy::indexing_slicing)]

use crate::index::collect::{pack, unpack};

/// Lists of at most `most` links, each with its distance from the node whose list it is.
///
/// In memory a list is its length, the number of links that were checked against one another, the
/// links, and the bits of their distances.
pub struct Lists {
    most: usize,
    blocks: Vec<Box<[u32]>>,
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
        Self { most, blocks: Vec::new(), len: 0 }
    }

    pub fn most(&self) -> usize {
        self.most
    }

    /// How many lists there are.
    pub fn count(&self) -> u32 {
        self.len
    }

    pub fn bytes(&self) -> usize {
        self.blocks.len() * LISTS_PER_BLOCK as usize * self.stride() * 4
    }

    /// Adds an empty list.
    pub fn push(&mut self) {
        if self.len as usize == self.blocks.len() * LISTS_PER_BLOCK as usize {
            self.blocks.push(vec![0; LISTS_PER_BLOCK as usize * self.stride()].into());
        }
        self.len += 1;
    }

    #[inline(always)]
    pub fn links(&self, list: u32) -> &[u32] {
        let start = self.start(list);
        let block = &self.blocks[(list / LISTS_PER_BLOCK) as usize];
        &block[start + HEAD..start + HEAD + block[start] as usize]
    }

    /// Adds a link where there is room; else gives all of the list to `full`.
    pub fn append(&mut self, list: u32, node: u32, distance: f32, full: &mut Vec<Link>) -> bool {
        let most = self.most;
        let list = self.list_mut(list);
        let count = list[0] as usize;
        if count < most {
            list[HEAD + count] = node;
            list[HEAD + most + count] = distance.to_bits();
            list[0] += 1;
            return true;
        }
        full.clear();
        let checked = list[1] as usize;
        let (nodes, distances) = list[HEAD..].split_at(most);
        full.extend(nodes.iter().zip(distances).enumerate().map(|(i, (&node, &bits))| Link {
            packed: pack(f32::from_bits(bits), node),
            checked: i < checked,
        }));
        full.push(Link { packed: pack(distance, node), checked: false });
        false
    }

    /// Writes a list anew, of links that are checked against one another.
    pub fn set(&mut self, list: u32, links: &[u64]) {
        let most = self.most;
        let list = self.list_mut(list);
        let count = links.len().min(most);
        for (i, &packed) in links.iter().take(count).enumerate() {
            let (distance, node) = unpack(packed);
            list[HEAD + i] = node;
            list[HEAD + most + i] = distance.to_bits();
        }
        (list[0], list[1]) = (count as u32, count as u32);
    }

    fn list_mut(&mut self, list: u32) -> &mut [u32] {
        let (start, stride) = (self.start(list), self.stride());
        &mut self.blocks[(list / LISTS_PER_BLOCK) as usize][start..start + stride]
    }

    /// The numbers of a list as they are stored: length, checked, links, bits of distances.
    pub fn stored(&self, list: u32) -> &[u32] {
        let start = self.start(list);
        &self.blocks[(list / LISTS_PER_BLOCK) as usize][start..start + self.stride()]
    }

    /// Adds a list as it was stored, when its counts are possible and `known` says of every link
    /// that its node may be linked to.
    pub fn restore(&mut self, stored: &[u32], known: impl Fn(u32) -> bool) -> Option<()> {
        let (&[count, checked], rest) = stored.split_first_chunk()?;
        let possible = stored.len() == self.stride() && count as usize <= self.most;
        let links = rest.get(..count as usize)?;
        if !possible || checked > count || !links.iter().all(|&node| known(node)) {
            return None;
        }
        self.push();
        self.list_mut(self.len - 1).copy_from_slice(stored);
        Some(())
    }

    pub fn stride(&self) -> usize {
        HEAD + 2 * self.most
    }

    #[inline(always)]
    fn start(&self, list: u32) -> usize {
        (list % LISTS_PER_BLOCK) as usize * self.stride()
    }
}
