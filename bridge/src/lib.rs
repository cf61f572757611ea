//! The bridge between Peko (C++) and wasmtime: the implementation of `include/peko_bridge.h`.
//!
//! The header is the contract; this crate holds no policy: no routing, no limits' values, no network client.
//! docs/decisions/0001-bridge.md says why it exists and what was measured.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod abi;
mod allocator;
pub mod chunk;
pub mod clock;
pub mod component;
pub mod config_store;
pub mod context;
pub mod engine;
pub mod guest_clock;
pub mod guest_random;
pub mod http;
pub mod inspect;
pub mod instance;
pub mod invocation;
pub mod key_value;
mod known_code;
pub mod limits;
pub mod log;
pub mod logging;
pub mod outbound;
pub mod outcome;
pub mod run;
pub mod script;
pub mod symbols;
pub mod waker;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;
