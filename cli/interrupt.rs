//! Ctrl-C: the first asks every run to stop, the second stops the program.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{CliError, INTERRUPTED};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Starts to listen. Without a handler (which the system may refuse) Ctrl-C simply ends the program.
pub(crate) fn listen() {
    let _ = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            // Asked twice: the run does not stop by itself, and files are only ever renamed into place.
            #[allow(clippy::exit)]
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
}

/// True after Ctrl-C.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Ends the verb when Ctrl-C was pressed.
pub(crate) fn check() -> Result<(), CliError> {
    if requested() { Err(CliError::interrupted()) } else { Ok(()) }
}
