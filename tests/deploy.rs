//! deploy/envoy-readonly.yaml lets pass what reads, and nothing else: its list is held against the
//! table of methods.

#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;

use milvus_proto::{Effect, METHODS};

/// Who may do what is nobody's business who looks at a public demo.
const NOT_FOR_THE_PUBLIC: [&str; 5] =
    ["ListCredUsers", "ListPrivilegeGroups", "SelectGrant", "SelectRole", "SelectUser"];

fn allowed() -> BTreeSet<&'static str> {
    include_str!("../deploy/envoy-readonly.yaml")
        .lines()
        .filter_map(|line| line.split_once("exact: /milvus.proto.milvus.MilvusService/"))
        .map(|(_, rest)| rest.trim_end_matches([' ', '}']))
        .collect()
}

#[test]
fn the_readonly_proxy_lets_pass_every_method_that_reads() {
    let reads = METHODS.iter().filter(|method| method.effect != Effect::Write);
    let expected: BTreeSet<&str> =
        reads.map(|method| method.name).filter(|name| !NOT_FOR_THE_PUBLIC.contains(name)).collect();
    assert_eq!(allowed(), expected);
}

#[test]
fn the_readonly_proxy_lets_pass_nothing_that_writes() {
    let writes = METHODS.iter().filter(|method| method.effect == Effect::Write);
    let let_through: Vec<&str> =
        writes.map(|method| method.name).filter(|name| allowed().contains(name)).collect();
    assert_eq!(let_through, Vec::<&str>::new());
}
