//! Answers of key-value stores that a guest has asked for and not taken.

use peko_bridge::abi::{PekoKeyValueAnswer, PekoKeyValueItem, PekoStr};
use peko_bridge::key_value::{Failure, Slot, Untaken};

const VALUE_BYTES: usize = 20 << 20;

/// Answers `slot` with one large value.
fn respond(slot: &Slot) {
    let value = vec![b'x'; VALUE_BYTES];
    let item = PekoKeyValueItem {
        key: PekoStr::of(b"k"),
        value: PekoStr::of(&value),
        metadata: PekoStr::of(&[]),
        expires: 0,
        version: 1,
        has_metadata: 0,
    };
    let answer = PekoKeyValueAnswer { items: &item, item_count: 1, cursor: PekoStr::of(&[]), number: 0, has_cursor: 0 };
    // Safety: its strings are above.
    unsafe { slot.respond(&answer) }
}

#[test]
fn answers_that_wait_are_bounded_together() {
    let untaken = Untaken::default();
    let slots: Vec<Slot> = (0..5).map(|_| Slot::new(untaken.clone())).collect();
    slots.iter().for_each(respond);
    assert!(untaken.bytes() > 3 * VALUE_BYTES && untaken.bytes() <= Untaken::BYTES_MAX, "{}", untaken.bytes());
    match slots[3].take() {
        Some(Err(Failure::Other(message))) => assert!(message.contains("more than 64 MB of answers wait"), "{message}"),
        _ => panic!("the fourth has no room"),
    }
    assert!(matches!(slots[0].take(), Some(Ok(_))));
    assert!(slots[0].take().is_none(), "once");
    assert!(untaken.bytes() < 3 * VALUE_BYTES, "what is taken is not counted");
    let another = Slot::new(untaken.clone());
    respond(&another);
    assert!(matches!(another.take(), Some(Ok(_))));
    drop(slots);
    assert_eq!(untaken.bytes(), 0);
}

#[test]
fn a_slot_whose_operation_is_gone_keeps_no_answer() {
    let untaken = Untaken::default();
    let [before, after] = [Slot::new(untaken.clone()), Slot::new(untaken.clone())];
    respond(&before);
    before.close();
    after.close();
    respond(&after);
    assert_eq!(untaken.bytes(), 0);
    assert!(before.take().is_none() && after.take().is_none());
}
