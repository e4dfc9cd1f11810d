//! The tasks that must run for as long as the program does.

/// A task that is begun again when it panics (`lifecycle::supervised`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Accepts on PORT.
    Users,
    /// Accepts on OPS_LISTEN.
    Operators,
    /// Accepts on ADMIN_LISTEN.
    Console,
    /// Signals, reloads, changed files, measurements.
    Main,
    /// Keeps the tenant's registration true.
    Registration,
    /// Keeps the tunnel connected.
    Tunnel,
    /// Lets a tunnel finish whose successor is connected.
    OldTunnel,
    /// Keeps one directory server connected.
    Directory,
    /// Keeps the list of directory servers as DNS has it.
    Discovery,
}

impl Task {
    pub(super) const ALL: [Self; 9] = [
        Self::Users,
        Self::Operators,
        Self::Console,
        Self::Main,
        Self::Registration,
        Self::Tunnel,
        Self::OldTunnel,
        Self::Directory,
        Self::Discovery,
    ];

    /// The label `task` of metrics, and the field of the log.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Operators => "operators",
            Self::Console => "console",
            Self::Main => "main",
            Self::Registration => "registration",
            Self::Tunnel => "tunnel",
            Self::OldTunnel => "old_tunnel",
            Self::Directory => "directory",
            Self::Discovery => "discovery",
        }
    }
}
