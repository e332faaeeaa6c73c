//! The parser's figures: a 10 MB INSERT, its speed and its memory, beside a plain `str::parse` over
//! the same text. `cargo bench`, or the wasm side of it in benches/browser.mjs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use milvus_kernel::language::parse::parse;

/// Counts what is allocated, and the most there was at a time.
struct Counting;
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let cell = insert(10_000_000);
    let megabytes = cell.len() as f64 / 1e6;
    let best = |run: &mut dyn FnMut()| {
        let mut best = f64::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            run();
            best = best.min(started.elapsed().as_secs_f64());
        }
        best
    };
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    assert_eq!(parse(&cell).map(|statements| statements.len()).ok(), Some(1));
    let memory = (MOST.load(Ordering::Relaxed) - before) as f64 / 1e6;
    let ours = best(&mut || drop(std::hint::black_box(parse(&cell))));
    let plain = best(&mut || {
        let sum: f32 = cell
            .split([' ', ',', '(', ')', '[', ']'])
            .filter_map(|word| word.parse::<f32>().ok())
            .sum();
        std::hint::black_box(sum);
    });
    println!(
        "parse, native: INSERT of {megabytes:.1} MB at {:.0} MB/s, {:.1} times its size in \
            memory (str::parse alone: {:.0} MB/s)",
        megabytes / ours,
        memory / megabytes,
        megabytes / plain
    );
}

/// Rows of 128 numbers.
fn insert(bytes: usize) -> String {
    let mut cell = String::from("INSERT INTO t (id, v) VALUES ");
    let mut seed = 1u32;
    let mut id = 0;
    while cell.len() < bytes {
        let numbers: Vec<String> = (0..128)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                format!("{:.6}", f64::from(seed) / f64::from(u32::MAX))
            })
            .collect();
        let comma = if id == 0 { "" } else { ", " };
        cell.push_str(&format!("{comma}({id}, [{}])", numbers.join(", ")));
        id += 1;
    }
    cell
}
