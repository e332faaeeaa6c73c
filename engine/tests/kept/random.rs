//! Any requests in any order, with checkpoints, openings, full disks and crashes between them: the
//! kept service says what one in memory says that was asked the same.

use std::collections::BTreeMap;

use milvus_engine::store::files::memory::{Faults, Loss};

use crate::requests::Ask;
use crate::sequences::{any, first};
use crate::{COLLECTIONS, Chance, DATABASES, Pair, call};

const ROUNDS: u64 = 24;
const STEPS: usize = 200;

#[test]
fn the_same_as_in_memory_whatever_is_asked() {
    let mut done = BTreeMap::<&str, usize>::new();
    for seed in 0..ROUNDS {
        let mut chance = Chance(seed);
        let mut pair = Pair::begin();
        first().iter().for_each(|ask| pair.done(ask));
        for _ in 0..STEPS {
            for ask in any(&mut chance) {
                *done.entry(ask.method).or_default() += usize::from(pair.ask(&ask) == 0);
            }
            match chance.below(12) {
                0 => pair.kept.checkpoint().unwrap(),
                1 | 2 => drop(pair.kept.step(chance.below(2_000) as usize).unwrap()),
                3 => pair.reopen(),
                4 => pair.look(),
                _ => {}
            }
        }
        pair.reopen();
        pair.look();
    }
    // requests that are refused try little
    assert!(done.values().all(|count| *count > 5) && done.len() > 22, "{done:?}");
}

#[test]
fn the_same_as_in_memory_with_files_that_fail() {
    for seed in 0..ROUNDS {
        let mut chance = Chance(1_000 + seed);
        let mut pair = Pair::begin();
        first().iter().for_each(|ask| pair.done(ask));
        let mut refused = 0;
        for _ in 0..STEPS {
            if chance.below(10) == 0 {
                let full = pair.memory_size() + chance.below(3_000);
                let flush = chance.below(4);
                pair.memory.set_faults(match chance.below(3) {
                    0 => Faults::default(),
                    1 => Faults { quota: Some(full), ..Faults::default() },
                    _ => {
                        let fail_flushes = flush..flush + 1 + chance.below(3);
                        Faults { fail_flushes, ..Faults::default() }
                    }
                });
            }
            for ask in any(&mut chance) {
                refused += usize::from(!pair.ask_if_kept(&ask));
            }
            match chance.below(12) {
                0 => drop(pair.kept.checkpoint()),
                1 | 2 => drop(pair.kept.step(chance.below(2_000) as usize)),
                3 => {
                    pair.memory.set_faults(Faults::default());
                    pair.reopen();
                }
                4 => pair.look(),
                _ => {}
            }
        }
        assert!(refused > 0 || seed > 0);
        pair.memory.set_faults(Faults::default());
        pair.reopen();
        pair.look();
    }
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash() {
    for seed in 0..4 * ROUNDS {
        let mut chance = Chance(2_000 + seed);
        let mut pair = Pair::begin();
        first().iter().for_each(|ask| pair.done(ask));
        let crash_after = Some(chance.below(30_000));
        pair.memory.set_faults(Faults { crash_after, ..Faults::default() });
        'crashed: for _ in 0..STEPS {
            for ask in any(&mut chance) {
                if !pair.ask_if_kept(&ask) {
                    break 'crashed;
                }
            }
            let is_well = match chance.below(12) {
                0 => pair.kept.checkpoint().is_ok(),
                1 | 2 => pair.kept.step(chance.below(2_000) as usize).is_ok(),
                _ => true,
            };
            if !is_well {
                break 'crashed;
            }
        }
        let loss = chance.of(&[Loss::Nothing, Loss::Unflushed, Loss::Some(seed)]);
        pair.memory = pair.memory.after_crash(loss);
        pair.reopen();
        pair.look_after_crash();
    }
}

impl Pair {
    fn memory_size(&self) -> u64 {
        let sizes = self.kept.sizes();
        sizes.manifest + sizes.log + sizes.segments.iter().map(|(_, size)| size).sum::<u64>()
    }

    /// Asks the service in memory what the kept one did not refuse for its files' sake.
    fn ask_if_kept(&mut self, ask: &Ask) -> bool {
        self.now_ms += 1;
        let kept = self.kept.call(call(ask, self.now_ms)).unwrap();
        if matches!((ask.code)(&kept), 5 | 9) {
            self.last = Some((ask.clone(), self.now_ms));
            return false;
        }
        let plain = self.plain.call(call(ask, self.now_ms)).unwrap();
        assert!(kept == plain, "{}", ask.method);
        true
    }

    /// The write that the crash cut short is there or not there.
    fn look_after_crash(&mut self) {
        let Some((last, now_ms)) = self.last.take() else { return self.look() };
        let looks = crate::requests::looks(&DATABASES, &COLLECTIONS);
        let mut replies = Vec::new();
        for ask in &looks {
            self.now_ms += 1;
            replies.push(self.kept.call(call(ask, self.now_ms)).unwrap());
        }
        let first = self.now_ms - looks.len() as u64;
        let is_without = equal(&mut self.plain, &looks, first, &replies);
        if !is_without {
            self.plain.call(call(&last, now_ms)).unwrap();
            assert!(equal(&mut self.plain, &looks, first, &replies), "{}", last.method);
        }
    }
}

fn equal(
    plain: &mut milvus_engine::service::Service,
    looks: &[Ask],
    first: u64,
    replies: &[Vec<u8>],
) -> bool {
    let mut now_ms = first;
    looks.iter().zip(replies).all(|(ask, reply)| {
        now_ms += 1;
        plain.call(call(ask, now_ms)).unwrap() == *reply
    })
}
