//! A sync in the steady state allocates nothing: a sweep makes millions of them.

// A global allocator is the only way to see allocations, and its trait is unsafe.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[path = "fixtures/hpa_loop.rs"]
mod hpa_loop;

use hpa_loop::Loop;

thread_local! {
    /// Allocations of this thread only: the test harness has its own.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    // A thread that is going down has nothing to count any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_sync_in_the_steady_state_allocates_nothing() {
    let mut running = Loop::new();
    let mut scaled = 0;
    for _ in 0..400 {
        running.sync();
    }
    let before = ALLOCATIONS.with(Cell::get);
    assert!(before > 0, "the counter counts");
    let mut last = 0;
    for _ in 0..4_000 {
        let replicas = running.sync();
        scaled += u32::from(replicas != last);
        last = replicas;
    }
    let allocated = ALLOCATIONS.with(Cell::get) - before;
    assert!(scaled > 100, "the load swings: {scaled}");
    assert_eq!(allocated, 0);
}
