//! What asks for a reload.

use tokio::sync::oneshot;

/// What is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Everything: SIGHUP, the console, the tenant's word.
    All,
    /// The files that the configuration names, when one has changed. `config.json` stays as it was read:
    /// somebody may be in the middle of it.
    Files,
}

/// Who asked for a reload and wants to know what came of it: words about what waits for a restart, if
/// anything does, or why the old configuration serves on.
pub type Answer = Option<oneshot::Sender<Result<String, String>>>;
