//! Crashes and full disks, at every byte and every step.

use milvus_engine::store::error::StoreError;
use milvus_engine::store::files::Files;
use milvus_engine::store::files::memory::{Faults, Loss, Memory};

use crate::{Chance, State, Step, history, open, states};

const LOSSES: [Loss; 5] =
    [Loss::Nothing, Loss::Unflushed, Loss::Some(1), Loss::Some(2), Loss::Some(3)];

/// Runs the history until it fails; gives how many steps were acknowledged.
fn run(memory: &Memory, steps: &[Step]) -> usize {
    let Ok((mut store, _)) = open(memory) else { return 0 };
    steps.iter().take_while(|step| step.run(&mut store).is_ok()).count()
}

fn crashing(memory: &Memory, after: u64) {
    memory.set_faults(Faults { crash_after: Some(after), ..Faults::default() });
}

fn all_steps(steps: &[Step]) -> u64 {
    let memory = Memory::new();
    assert_eq!(run(&memory, steps), steps.len());
    memory.steps()
}

/// What was acknowledged is there; what was under way is there whole or not at all.
fn check(after: &Memory, states: &[State], acknowledged: usize, place: &str) {
    let (mut store, state) = open(after).unwrap_or_else(|error| panic!("{place}: {error}"));
    let possible = &states[acknowledged..states.len().min(acknowledged + 2)];
    assert!(possible.contains(&state), "{place}: {state:?}\nwhere {possible:?}\nwas written");
    // and it goes on
    let sequence = store.append(7, b"afterwards").unwrap();
    drop(store);
    let (_, reopened) = open(after).unwrap();
    let last = reopened.records.last().unwrap();
    assert_eq!((last.sequence, &last.body[..]), (sequence, &b"afterwards"[..]), "{place}");
    assert_eq!(reopened.records.len(), state.records.len() + 1, "{place}");
}

#[test]
fn a_crash_at_every_step_loses_nothing_acknowledged() {
    let (steps, states) = (history(), states(&history()));
    for after in 0..all_steps(&steps) {
        let memory = Memory::new();
        crashing(&memory, after);
        let acknowledged = run(&memory, &steps);
        for loss in LOSSES {
            let place = format!("crash after {after} steps, {loss:?}");
            check(&memory.after_crash(loss), &states, acknowledged, &place);
        }
    }
}

#[test]
fn a_crash_while_it_recovers_loses_nothing_either() {
    let (steps, states) = (history(), states(&history()));
    for after in (0..all_steps(&steps)).step_by(7) {
        let memory = Memory::new();
        crashing(&memory, after);
        let acknowledged = run(&memory, &steps);
        for loss in [Loss::Nothing, Loss::Some(after)] {
            for again in 0.. {
                let recovering = memory.after_crash(loss);
                crashing(&recovering, again);
                let is_open = open(&recovering).is_ok();
                let used = recovering.steps();
                let place = format!("crash after {after}, then {again} steps, {loss:?}");
                check(&recovering.after_crash(loss), &states, acknowledged, &place);
                // an opening that has steps left over has done all that it does
                if is_open && used < again {
                    break;
                }
            }
        }
    }
}

#[test]
fn random_histories_with_short_writes_and_crashes() {
    let mut chance = Chance(11);
    for round in 0..400 {
        let steps = random_history(&mut chance);
        let states = states(&steps);
        let after = chance.below(all_steps(&steps));
        let memory = Memory::new();
        let write = Some(1 + chance.below(40) as usize);
        memory.set_faults(Faults { crash_after: Some(after), write, ..Faults::default() });
        let acknowledged = run(&memory, &steps);
        for loss in [Loss::Nothing, Loss::Unflushed, Loss::Some(chance.draw())] {
            let place = format!("round {round}, crash after {after}, {loss:?}");
            check(&memory.after_crash(loss), &states, acknowledged, &place);
        }
    }
}

fn random_history(chance: &mut Chance) -> Vec<Step> {
    let (mut logged, mut segments) = (0, 0);
    let mut steps = Vec::new();
    for _ in 0..1 + chance.below(12) {
        if chance.below(3) > 0 {
            let mut records = Vec::new();
            for _ in 0..1 + chance.below(4) {
                records.push((chance.draw() as u8, random_bytes(chance, 200)));
            }
            logged += records.len() as u64;
            steps.push(Step::Append(records));
        } else {
            let (carried, keep) = (chance.below(logged + 1), chance.below(segments + 1) as usize);
            let mut new = Vec::new();
            for _ in 0..chance.below(3) {
                let blocks = chance.below(4);
                new.push((0..blocks).map(|_| random_bytes(chance, 200)).collect());
            }
            logged = carried;
            segments = (keep + new.len()) as u64;
            steps.push(Step::Checkpoint { body: random_bytes(chance, 300), carried, keep, new });
        }
    }
    steps
}

fn random_bytes(chance: &mut Chance, most: u64) -> Vec<u8> {
    (0..chance.below(most)).map(|_| chance.draw() as u8).collect()
}

#[test]
fn a_full_disk_loses_nothing_and_leaves_nothing_behind() {
    let (steps, states) = (history(), states(&history()));
    let size = |memory: &Memory| -> u64 {
        let names = memory.list().unwrap();
        names.iter().map(|name| memory.get(name).unwrap().len() as u64).sum()
    };
    for index in 0..steps.len() {
        let memory = Memory::new();
        let (mut store, _) = open(&memory).unwrap();
        steps[..index].iter().for_each(|step| step.run(&mut store).unwrap());
        let before = size(&memory);
        for room in 0.. {
            memory.set_faults(Faults { quota: Some(before + room), ..Faults::default() });
            match steps[index].run(&mut store) {
                Ok(()) => break,
                Err(error) => assert_eq!(error, StoreError::Quota, "step {index}, room {room}"),
            }
            // a manifest that was emptied is written again by the next checkpoint or opening
            assert!(size(&memory) <= before, "step {index}, room {room}");
            let (_, state) = open(&memory.after_crash(Loss::Nothing)).unwrap();
            assert_eq!(state, states[index], "step {index}, room {room}");
        }
        memory.set_faults(Faults::default());
        steps[index + 1..].iter().for_each(|step| step.run(&mut store).unwrap());
        let mut state = open(&memory).unwrap().1;
        // the numbers of the segments that were given up are not given again
        let numbered: Vec<_> = state.segments.values().cloned().collect();
        let last = states.last().unwrap();
        assert_eq!(numbered, last.segments.values().cloned().collect::<Vec<_>>());
        state.segments = last.segments.clone();
        assert_eq!(&state, last);
    }
}

#[test]
fn a_flush_that_fails_is_an_error_and_no_write() {
    let (steps, states) = (history(), states(&history()));
    let mut broken = 0;
    for index in 0..steps.len() {
        for (first, count) in (0..).flat_map(|first| (1..4).map(move |count| (first, count))) {
            let place = format!("step {index}, {count} flushes from {first}");
            let memory = Memory::new();
            let (mut store, _) = open(&memory).unwrap();
            steps[..index].iter().for_each(|step| step.run(&mut store).unwrap());
            let fail_flushes = first..first + count;
            let crash_after = Some(u64::MAX);
            memory.set_faults(Faults { fail_flushes, crash_after, ..Faults::default() });
            let failed = steps[index].run(&mut store);
            let state = open(&memory.after_crash(Loss::Nothing)).unwrap().1;
            assert_eq!(state, states[index + usize::from(failed.is_ok())], "{place}");
            let Err(error) = failed else { break };
            for loss in LOSSES.into_iter().chain((4..40).map(Loss::Some)) {
                // what could not be taken back for sure may be there
                let state = open(&memory.after_crash(loss)).unwrap().1;
                assert!(states[index..index + 2].contains(&state), "{place}, {loss:?}");
            }
            memory.set_faults(Faults::default());
            // where even the taking back failed, nothing is written until it is opened again
            if let Err(again) = steps[index].run(&mut store) {
                broken += 1;
                assert_eq!(again, error, "{place}");
                assert_eq!(store.append(1, b"more"), Err(error), "{place}");
                drop(store);
                store = open(&memory).unwrap().0;
                steps[index].run(&mut store).unwrap();
            }
            steps[index + 1..].iter().for_each(|step| step.run(&mut store).unwrap());
            assert_eq!(open(&memory).unwrap().1.records, states.last().unwrap().records);
        }
    }
    assert!(broken > 0);
}
