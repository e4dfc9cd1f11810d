//! The sections of the page.

/// A section of the page, which its anchor opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Section {
    #[default]
    Status,
    Fleet,
    Directory,
    Server,
    Mapper,
    Users,
    Export,
    Changes,
    Logs,
    Doctor,
}

impl Section {
    /// Its anchor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Fleet => "fleet",
            Self::Directory => "directory",
            Self::Server => "server",
            Self::Mapper => "mapper",
            Self::Users => "users",
            Self::Export => "export",
            Self::Changes => "changes",
            Self::Logs => "logs",
            Self::Doctor => "doctor",
        }
    }

    /// That of the form that is sent to this path.
    pub fn of_path(path: &str) -> Self {
        match path {
            "/directory" => Self::Directory,
            "/server" | "/certificate" | "/files" => Self::Server,
            "/mapper" => Self::Mapper,
            "/export" | "/import" => Self::Export,
            "/take-back" => Self::Changes,
            "/doctor" => Self::Doctor,
            _ => Self::Status,
        }
    }
}
