//! What the C side calls: peko_bridge.h says what each function does.

use super::Invocation;
use crate::abi::*;
use crate::chunk;
use crate::component::Component;
use crate::engine::Loop;
use crate::http::ErrorCode;
use crate::http::body_queue::BodyQueue;
use crate::http::field_list::FieldList;
use crate::http::request_head::RequestHead;
use crate::instance::Instance;
use crate::run::{Call, Start, run};
use std::sync::Arc;

/// # Safety
/// All pointers are live handles or readable structures as the header says; `warm` is given away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_start(
    owner: *mut Loop,
    component: *const Component,
    warm: *mut Instance,
    head: *const PekoRequestHead,
    limits: *const PekoLimits,
    token: u64,
) -> *mut Invocation {
    guard(std::ptr::null_mut(), || {
        // Safety: the caller vouches for the structures and gives `warm` away.
        let (owner, head, limits) = unsafe { (&*owner, head.as_ref(), *limits) };
        // Safety: as above.
        let mut warm = (!warm.is_null()).then(|| unsafe { Box::from_raw(warm) });
        let spare = warm.as_mut().and_then(|instance| instance.spare.take());
        let mut invocation = Invocation::shell(owner, spare, token);
        invocation.prepares = head.is_none();
        if let Some(head) = head {
            // Safety: the caller vouches for the strings.
            if let Err(message) = unsafe { RequestHead::renew(&mut invocation.head, head) } {
                invocation.refused = Some((warm, message));
                return Box::into_raw(invocation);
            }
            if head.body_length != 0 {
                invocation.request_body = Some(Arc::new(BodyQueue::new(owner.shared.clone(), token)));
            }
        }
        let call = Call {
            shared: owner.shared.clone(),
            token,
            prepares: invocation.prepares,
            limits,
            head: invocation.head.clone(),
            body: invocation.request_body.clone(),
            slot: invocation.slot.clone(),
        };
        let start = match warm {
            Some(instance) => Start::Warm(instance),
            // Safety: the caller vouches for the component, which is an Arc (peko_component_load).
            None => Start::Fresh(unsafe {
                Arc::increment_strong_count(component);
                Arc::from_raw(component)
            }),
        };
        invocation.future = Some(Box::pin(run(start, call)));
        Box::into_raw(invocation)
    })
}

/// # Safety
/// `invocation` is live and nobody else uses it now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_poll(invocation: *mut Invocation, slice_ns: u64) -> u32 {
    // Safety: the caller vouches for it.
    let invocation = unsafe { &mut *invocation };
    guard(None, || Some(invocation.poll(slice_ns))).unwrap_or_else(|| {
        invocation.panicked = true;
        let future = invocation.future.take();
        guard((), || drop(future));
        invocation.state()
    })
}

/// # Safety
/// `invocation` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_cpu_ns(invocation: *const Invocation) -> u64 {
    // Safety: the caller vouches for it.
    unsafe { (*invocation).cpu_ns }
}

/// # Safety
/// `invocation` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_instantiate_ns(invocation: *const Invocation) -> u64 {
    // Safety: the caller vouches for it.
    unsafe { (*invocation).slot.instantiate_ns() }
}

/// # Safety
/// `invocation` is live and has a head, `head` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_head(invocation: *mut Invocation, head: *mut PekoResponseHead) {
    // Safety: the caller vouches for both.
    let (invocation, head) = unsafe { (&mut *invocation, &mut *head) };
    *head = PekoResponseHead { status: 0, field_count: 0, fields: std::ptr::null() };
    guard((), || {
        if let Some(response) = &invocation.response {
            response.fields.view(&mut invocation.views);
            head.status = response.status.into();
            head.field_count = invocation.views.len() as u32;
            head.fields = invocation.views.as_ptr();
        }
    })
}

/// # Safety
/// `invocation` is live, `chunk` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_next(invocation: *mut Invocation, chunk: *mut PekoChunk) -> i32 {
    // Safety: the caller vouches for both.
    guard(NEXT_ABORTED, || unsafe { (*invocation).next(&mut *chunk) })
}

/// # Safety
/// `invocation` is live, `trailers` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_trailers(invocation: *mut Invocation, trailers: *mut PekoResponseHead) {
    // Safety: the caller vouches for both.
    let (invocation, trailers) = unsafe { (&mut *invocation, &mut *trailers) };
    *trailers = PekoResponseHead { status: 0, field_count: 0, fields: std::ptr::null() };
    guard((), || {
        if let Some(list) = &invocation.trailers {
            list.view(&mut invocation.views);
            trailers.field_count = invocation.views.len() as u32;
            trailers.fields = invocation.views.as_ptr();
        }
    })
}

/// # Safety
/// `invocation` is live, `data` has `size` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_push(invocation: *mut Invocation, data: *const u8, size: usize) -> usize {
    guard(0, || {
        // Safety: the caller vouches for both.
        let (invocation, piece) = unsafe { (&*invocation, slice(data, size)) };
        invocation.request_body.as_ref().and_then(|body| body.push(piece)).unwrap_or(0)
    })
}

/// # Safety
/// `invocation` is live, `piece` is taken over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_push_lent(invocation: *mut Invocation, piece: *const PekoLent) -> usize {
    guard(0, || {
        // Safety: the caller vouches for both.
        let (invocation, piece) = unsafe { (&*invocation, chunk::take(piece)) };
        invocation.request_body.as_ref().and_then(|body| body.push_lent(piece)).unwrap_or(0)
    })
}

/// # Safety
/// `invocation` is live, `trailers` has `count` readable entries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_push_end(
    invocation: *mut Invocation,
    complete: i32,
    trailers: *const PekoField,
    count: usize,
) {
    guard((), || {
        // Safety: the caller vouches for both.
        let (invocation, trailers) = unsafe { (&*invocation, slice(trailers, count)) };
        let Some(body) = &invocation.request_body else { return };
        let mut list = FieldList::default();
        // Safety: the caller vouches for the strings.
        let filled = unsafe { list.fill(trailers) };
        body.end(match filled {
            _ if complete == 0 => Err(ErrorCode::ConnectionTerminated),
            Ok(()) => Ok((!list.is_empty()).then(|| Arc::new(list))),
            Err(_) => Err(ErrorCode::HttpProtocolError),
        });
    })
}

/// # Safety
/// `invocation` is live and given away, `stats` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_finish(invocation: *mut Invocation, stats: *mut PekoStats) -> *mut Instance {
    // Safety: the caller gives the invocation away.
    let mut invocation = unsafe { Box::from_raw(invocation) };
    // Safety: the caller vouches for `stats`; only the first byte of the message is cleared, it is long.
    let stats = unsafe {
        (*stats).frame_count = 0;
        std::ptr::write_bytes(stats.cast::<u8>(), 0, std::mem::offset_of!(PekoStats, message) + 1);
        &mut *stats
    };
    let instance = guard(None, || Some(invocation.finish(stats))).unwrap_or_else(|| {
        stats.outcome = Outcome::Panic as u32;
        None
    });
    guard(std::ptr::null_mut(), move || match instance {
        Some(mut instance) => {
            instance.spare = invocation.into_spare();
            Box::into_raw(instance)
        }
        None => std::ptr::null_mut(),
    })
}

/// # Safety
/// `invocation` is live and given away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_invocation_cancel(invocation: *mut Invocation) {
    if !invocation.is_null() {
        // Safety: the caller gives the invocation away.
        guard((), || drop(unsafe { Box::from_raw(invocation) }))
    }
}
