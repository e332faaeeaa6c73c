//! Any requests in any order, with checkpoints, openings, full disks and crashes between them: the
//! kept service says what one in memory says that was asked the same.

use std::collections::BTreeMap;

use milvus_engine::store::files::memory::{Faults, Loss};
use milvus_proto::milvus as pb;
use milvus_proto::schema::{DataType, FieldSchema};
use prost::Message;

use crate::requests::{
    Ask, Query, Rows, ask, create, delete, insert, load, pair, query, search, upsert,
};
use crate::{COLLECTIONS, Chance, DATABASES, Pair, call};

const ROUNDS: u64 = 24;
const STEPS: usize = 200;

/// How every round begins.
fn first() -> Vec<Ask> {
    let mut asks =
        vec![ask(pb::CreateDatabaseRequest { db_name: "d".to_string(), ..Default::default() })];
    for (database, name) in [("", "a"), ("d", "a"), ("", "b"), ("", "c"), ("d", "c"), ("", "e")] {
        asks.push(create(database, name, kind_of(name)));
        asks.extend(load(database, name, kind_of(name)));
    }
    asks
}

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

/// The kind of a collection is that of its name, so that most requests fit.
fn kind_of(name: &str) -> usize {
    match name {
        "a" => 0,
        "b" => 2,
        "c" => 3,
        _ => 1,
    }
}

fn any(chance: &mut Chance) -> Vec<Ask> {
    let database = chance.of(&["", "", "d"]).to_string();
    let name = chance.of(&["a", "a", "b", "c", "e"]);
    let kind = kind_of(name);
    let partition = chance.of(&["", "", "", "p", "q"]).to_string();
    let collection_name = name.to_string();
    let db_name = database.clone();
    let keys: Vec<i64> = {
        let first = chance.below(40) as i64;
        (first..first + 1 + chance.below(9) as i64).collect()
    };
    let rows = Rows { is_dynamic: chance.below(3) == 0, ..Rows::new(keys, chance.draw()) };
    let key = chance.below(45);
    let of_key = |key: u64| if kind == 3 { format!("'{key}'") } else { key.to_string() };
    let (this, next) = (of_key(key), of_key(key + 1));
    vec![match chance.below(40) {
        0 | 1 => {
            let mut asks = vec![create(&database, name, kind)];
            asks.extend(load(&database, name, kind));
            return asks;
        }
        2 => create(&database, name, kind),
        3 | 4 => return load(&database, name, kind),
        5..=13 => insert(&database, name, kind, &partition, &rows),
        14..=17 => upsert(&database, name, kind, &partition, &rows),
        18..=20 => delete(&database, name, &partition, &format!("id in [{this}, {next}]")),
        21 => delete(&database, name, &partition, &format!("id == {this}")),
        22 => delete(&database, name, &partition, &format!("id > {this}")),
        23 => query(&database, name, &format!("id < {this}"), "*"),
        24 => search(&database, name, "v", Query::Floats(vec![0.1, 0.2, -0.3, key as f32])),
        25 => ask(pb::ManualCompactionRequest { db_name, collection_name, ..Default::default() }),
        26 if chance.below(3) == 0 => ask(pb::DropCollectionRequest { db_name, collection_name }),
        27 if chance.below(2) == 0 => {
            ask(pb::TruncateCollectionRequest { db_name, collection_name })
        }
        28 => ask(pb::CreatePartitionRequest {
            db_name,
            collection_name,
            partition_name: chance.of(&["p", "q"]).to_string(),
        }),
        29 => {
            let partition_names = vec![chance.of(&["p", "q"]).to_string()];
            let partition_name = partition_names[0].clone();
            return vec![
                ask(pb::ReleasePartitionsRequest {
                    db_name: db_name.clone(),
                    collection_name: collection_name.clone(),
                    partition_names,
                }),
                ask(pb::DropPartitionRequest { db_name, collection_name, partition_name }),
            ];
        }
        30 => ask(pb::ReleaseCollectionRequest { db_name, collection_name }),
        31 => ask(pb::CreateAliasRequest { db_name, collection_name, alias: "alias".to_string() }),
        32 => ask(pb::DropAliasRequest { db_name, alias: "alias".to_string() }),
        33 => ask(pb::RenameCollectionRequest {
            db_name,
            old_name: collection_name,
            new_name: chance.of(&["a", "e"]).to_string(),
            new_db_name: chance.of(&["", "d", "default"]).to_string(),
        }),
        34 => {
            let field = FieldSchema {
                name: format!("f{}", chance.below(4)),
                data_type: chance.of(&[DataType::Int64, DataType::VarChar, DataType::Json]).into(),
                nullable: true,
                type_params: vec![pair("max_length", "9")],
                ..Default::default()
            };
            let schema = field.encode_to_vec();
            ask(pb::AddCollectionFieldRequest {
                db_name,
                collection_name,
                schema,
                ..Default::default()
            })
        }
        35 => ask(pb::AlterCollectionRequest {
            db_name,
            collection_name,
            properties: vec![pair("p", &key.to_string())],
            ..Default::default()
        }),
        36 => ask(pb::CreateCredentialRequest {
            username: format!("user{}", chance.below(4)),
            password: "U2VjcmV0MSE=".to_string(),
        }),
        37 => ask(pb::DeleteCredentialRequest { username: format!("user{}", chance.below(4)) }),
        38 => ask(pb::CreateRoleRequest {
            entity: Some(pb::RoleEntity { name: "reader".to_string(), ..Default::default() }),
        }),
        39 => ask(pb::FlushAllRequest::default()),
        _ => ask(pb::DropIndexRequest {
            db_name,
            collection_name,
            field_name: "v".to_string(),
            ..Default::default()
        }),
    }]
}
