//! The engine answers as Milvus does: random requests, wrong ones among them, go to both, and rows,
//! their order, scores and errors are the same. Milvus 2.3.5 is the referee of what is old enough
//! for it; Milvus Lite 3 of what both have, where it is as Milvus.
//!
//! `REFEREE_CASES=1000` goes on for longer, `SEED=…` asks other things; with `REFEREE_ALL=1` a
//! difference is printed and the case goes on.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../native/mod.rs"]
mod native;

mod answers;
mod filters;
mod steps;
mod tables;
mod wrong;

use std::cell::Cell;

use milvus_kernel::milvus::{Client, Target};
use native::{Native, block_on, server};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use answers::Answer;
use steps::{Case, Step};

/// Whom the engine is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Referee {
    Milvus,
    Lite,
}

#[test]
fn the_engine_answers_as_milvus_2_3_5() {
    run(Referee::Milvus, "MILVUS_URL", "root:Milvus@", 6);
}

#[test]
fn the_engine_answers_as_milvus_lite() {
    run(Referee::Lite, "LITE_URL", "", 24);
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

/// The same cases in each run of the tests: what another seed finds is to be found on purpose.
const DEFAULT_SEED: u64 = 77;

fn run(referee: Referee, variable: &str, user: &str, cases: u32) {
    let seed = number("SEED").unwrap_or(DEFAULT_SEED);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = number("REFEREE_CASES").map_or(cases, |cases| cases as u32);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 8, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let address = server(variable).replace("http://", &format!("milvus://{user}"));
    let (tried, fine) = (Cell::new(0), Cell::new(0));
    let result = runner.run(&steps::case(referee), |case| {
        let (all, well) = block_on(same(referee, &address, &case)).map_err(TestCaseError::fail)?;
        tried.set(tried.get() + all);
        fine.set(fine.get() + well);
        Ok(())
    });
    println!("{referee:?}: {} requests, {} of them well", tried.get(), fine.get());
    if let Err(error) = result {
        panic!("SEED={seed}\n{error}");
    }
    // requests that are refused try little
    assert!(fine.get() * 3 > tried.get(), "most requests were refused");
}

/// Asks both; tells how many requests there were, and how many of them went well.
async fn same(referee: Referee, address: &str, case: &Case) -> Result<(u32, u32), String> {
    let prefix = format!("r{}_{:x}", std::process::id(), rand());
    let connect = |address: &str| -> Result<Client<Native>, String> {
        let target = Target::parse(address)?;
        Client::new(Native::new(), target, 60_000).map_err(|error| format!("{error:?}"))
    };
    let theirs = connect(address)?;
    let ours = connect("milvus://memory")?;
    let (mut all, mut well) = (0, 0);
    let mut failed = None;
    for step in case.setup().iter().chain(&case.steps) {
        let expected = steps::ask(&theirs, case, step, &prefix).await;
        let answer = steps::ask(&ours, case, step, &prefix).await;
        all += 1;
        well += u32::from(!matches!(answer, Answer::Error { .. }));
        if let Err(how) = answer.same(&expected, referee) {
            let difference =
                format!("{step:?}\n{how}\nthe engine: {answer:?}\n{referee:?}: {expected:?}");
            if std::env::var_os("REFEREE_ALL").is_some() {
                println!("--- {:?} {difference}", case.table);
                continue;
            }
            failed = Some(difference);
            break;
        }
    }
    // nothing stays behind on a server that others use
    for step in [Step::DropAlias, Step::Drop] {
        steps::ask(&theirs, case, &step, &prefix).await;
    }
    failed.map_or(Ok((all, well)), Err)
}

/// A number that no other case of this run has.
fn rand() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
