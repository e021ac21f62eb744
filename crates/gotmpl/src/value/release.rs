//! Freeing values: containers nest to any depth, and freeing one from within the other would
//! need as much stack.

use std::cell::RefCell;

use super::Value;

thread_local! {
    /// Values that wait to be freed, while some are.
    static WAITING: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// Frees the parts of a container.
pub(super) fn release(values: impl Iterator<Item = Value>) {
    let mut nested = values.filter(Value::is_container).peekable();
    if nested.peek().is_none() {
        return;
    }
    let mut nested: Vec<Value> = nested.collect();
    // While another container is freed further up the stack, its loop takes these, too. When
    // the thread ends there may be no queue any more; then they are freed where they are.
    let queued = WAITING.try_with(|waiting| match &mut *waiting.borrow_mut() {
        Some(waiting) => {
            waiting.append(&mut nested);
            true
        }
        empty @ None => {
            *empty = Some(Vec::new());
            false
        }
    });
    if queued != Ok(false) {
        return;
    }
    while let Some(value) = nested.pop() {
        drop(value);
        let _ = WAITING.try_with(|waiting| {
            if let Some(waiting) = &mut *waiting.borrow_mut() {
                nested.append(waiting);
            }
        });
    }
    let _ = WAITING.try_with(|waiting| *waiting.borrow_mut() = None);
}
