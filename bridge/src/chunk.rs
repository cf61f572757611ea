//! Pieces of bodies that cross the border: `Bytes` inside a plain struct, and memory of the C side inside `Bytes`.

use crate::abi::*;
use bytes::Bytes;

// Safety: nobody writes the bytes, and they may be released on any thread (peko_bridge.h).
unsafe impl Send for PekoLent {}

impl AsRef<[u8]> for PekoLent {
    fn as_ref(&self) -> &[u8] {
        // Safety: whoever made it vouches for the bytes (PekoLent).
        unsafe { slice(self.data, self.size) }
    }
}

impl Drop for PekoLent {
    fn drop(&mut self) {
        (self.release)(self.owner)
    }
}

/// Takes over what the C side lends.
///
/// # Safety
/// `piece` is as peko_bridge.h says, and taken once.
pub unsafe fn take(piece: *const PekoLent) -> Bytes {
    // Safety: the caller vouches for it.
    Bytes::from_owner(unsafe { piece.read() })
}

/// Moves `data` into `chunk`; peko_chunk_release drops it.
pub fn fill(chunk: &mut PekoChunk, data: Bytes) {
    const { assert!(size_of::<Bytes>() == size_of::<[usize; 4]>() && align_of::<Bytes>() == align_of::<usize>()) };
    chunk.data = data.as_ptr();
    chunk.size = data.len();
    // Safety: `opaque` has the size and alignment of a Bytes, whose address does not matter to it.
    unsafe { chunk.opaque.as_mut_ptr().cast::<Bytes>().write(data) }
}

/// # Safety
/// `chunk` was filled by this library; releasing it again does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_chunk_release(chunk: *mut PekoChunk) {
    // Safety: the caller vouches for it.
    let chunk = unsafe { &mut *chunk };
    if chunk.opaque != [0; 4] {
        // Safety: a chunk that is not all zero holds a Bytes (fill), and is zeroed before anything can fail.
        let data = unsafe { chunk.opaque.as_ptr().cast::<Bytes>().read() };
        *chunk = PekoChunk { data: std::ptr::null(), size: 0, opaque: [0; 4] };
        guard((), || drop(data))
    }
}
