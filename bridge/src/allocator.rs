//! Rust's allocator: mimalloc. With glibc's, a fifth of a warm request was malloc and free. C++ keeps its own.
//!
//! The `mimalloc` crate asks for every alignment by name; mimalloc's shortest path is the one that need not, so this
//! takes it whenever the alignment comes with the size anyway.

use libmimalloc_sys::{
    mi_free, mi_malloc, mi_malloc_aligned, mi_realloc, mi_realloc_aligned, mi_zalloc, mi_zalloc_aligned,
};
use std::alloc::{GlobalAlloc, Layout};

pub struct Allocator;

/// mimalloc aligns blocks of up to 8 bytes to 8, larger ones to 16 (MI_MAX_ALIGN_SIZE).
fn comes_aligned(align: usize, size: usize) -> bool {
    align <= 8 || (align == 16 && size >= 16)
}

// Safety: mimalloc's functions have the semantics of C's, with the alignment that is asked for or documented above.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Safety: any size may be asked for.
        unsafe {
            match comes_aligned(layout.align(), layout.size()) {
                true => mi_malloc(layout.size()).cast(),
                false => mi_malloc_aligned(layout.size(), layout.align()).cast(),
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // Safety: as for `alloc`.
        unsafe {
            match comes_aligned(layout.align(), layout.size()) {
                true => mi_zalloc(layout.size()).cast(),
                false => mi_zalloc_aligned(layout.size(), layout.align()).cast(),
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // Safety: the caller got `block` from here.
        unsafe { mi_free(block.cast()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Safety: the caller got `block` from here.
        unsafe {
            match comes_aligned(layout.align(), size) {
                true => mi_realloc(block.cast(), size).cast(),
                false => mi_realloc_aligned(block.cast(), size, layout.align()).cast(),
            }
        }
    }
}
