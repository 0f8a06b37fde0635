//! A panic is a defect of ours: it is said like any other fault, once, and no text of a stranger reaches the terminal raw by it.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use super::Fault;

/// Where the last panic was.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// From now on a panic says nothing by itself; [`fault`] knows its place.
pub fn keep_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file().rsplit(['/', '\\']).next().unwrap_or_default(), at.line()));
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
}

/// What a panic was raised with.
pub fn reason(payload: &(dyn Any + Send)) -> &str {
    payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

/// What a caught panic says.
pub fn fault(payload: &(dyn Any + Send)) -> Fault {
    let place = LAST.lock().unwrap_or_else(PoisonError::into_inner).take().map(|place| format!(", at {place}")).unwrap_or_default();
    Fault::new("internal::panic", format!("an internal error{place}: {}", reason(payload)))
        .with_help("this is a defect of Huntsman; please report it with what was run. Nothing was written half")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_fault() {
        let payload = std::panic::catch_unwind(|| std::panic::panic_any("index out of range".to_string())).unwrap_err();
        let fault = fault(&*payload);
        assert_eq!(fault.code, "internal::panic");
        assert!(fault.message.ends_with("index out of range"), "{}", fault.message);
    }
}
