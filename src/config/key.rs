//! What a key says of itself: all that is known of it is in its declaration, once. The reader, the
//! documentation, the schema, set-up, import, console and doctor take it from there.

use std::fmt::Debug;

use serde_json::Value;

use super::{
    kinds::{Flag, Kind, Wrong},
    shape::{Form, Shape},
};

/// How the name of a key ends that names a file with the value of another one.
pub(super) const FILE: &str = "_FILE";

/// A key of `config.json` and the environment; `K` is how its value is read, with its default.
#[derive(Debug, Clone, Copy)]
pub struct Key<K> {
    pub name: &'static str,
    pub section: Section,
    pub meaning: &'static str,
    pub scope: Scope,
    /// What it was called before: still read.
    pub older: Option<&'static str>,
    pub kind: K,
}

/// A key that says yes or no.
pub type FlagKey = Key<Flag>;

/// Whose a key is, and what goes with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scope {
    /// Where this host listens and how it calls itself: an import leaves this host's own.
    pub host: bool,
    /// The ticket gives it.
    pub tenant: bool,
    /// A change waits for a restart.
    pub restart: bool,
    /// A set-up asks for it, and saves what the environment says of it.
    pub setup: bool,
    /// Switches something on that needs files of its own, or a tenant: a set-up is tried without it.
    pub switch: bool,
    /// The legacy connector has it too.
    pub legacy: bool,
    /// It counts in the environment only.
    pub environment: bool,
}

/// What a key is about: a part of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Listener,
    Kerberos,
    ClientCertificates,
    Form,
    Pages,
    Tokens,
    Directory,
    Groups,
    Accounts,
    Tenant,
    Instance,
    Unused,
}

/// A key whatever the type of its value, for all that is made from the declarations.
pub trait Declared: Debug + Sync {
    fn name(&self) -> &'static str;
    fn section(&self) -> Section;
    fn meaning(&self) -> &'static str;
    fn scope(&self) -> Scope;
    fn shape(&self) -> Shape;
    fn older_name(&self) -> Option<&'static str>;
    /// A value as it is understood, as JSON: null for a secret. `None` counts as absent.
    ///
    /// # Errors
    /// What is wrong with it.
    fn understood(&self, given: &Value) -> Result<Option<Value>, Wrong>;
    /// What was given, written in one way: values that mean the same become equal, secrets too. `None`
    /// counts as absent.
    fn canonical(&self, given: &Value) -> Option<Value>;

    /// Its value never appears in a log, a page or a message; `<KEY>_FILE` may name a file instead.
    fn is_secret(&self) -> bool {
        matches!(
            self.shape().form,
            Form::Secret | Form::Token { .. } | Form::UnusedSecret
        )
    }

    /// The key that names a file to read this one from.
    fn file_variant(&self) -> Option<String> {
        matches!(self.shape().form, Form::Secret | Form::Token { .. })
            .then(|| format!("{}{FILE}", self.name()))
    }

    /// Accepted because the legacy connector writes it; without effect here.
    fn is_unused(&self) -> bool {
        matches!(self.shape().form, Form::Unused | Form::UnusedSecret)
    }

    fn is_flag(&self) -> bool {
        matches!(self.shape().form, Form::Flag)
    }

    /// Whether it names files or a folder.
    fn names_files(&self) -> bool {
        matches!(
            self.shape().form,
            Form::File | Form::Files | Form::FilesOrPattern | Form::Folder
        )
    }

    /// Its names in the environment, the first that is given counts: by custom a proxy's variable is
    /// written in small letters as well.
    fn variables(&self) -> Vec<String> {
        let name = self.name();
        let small = self.is_proxy().then(|| name.to_lowercase());
        let older = self.older_name().map(str::to_owned);
        [Some(name.to_owned()), small, older]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Whether it says how to reach others through a proxy: programs share these variables.
    fn is_proxy(&self) -> bool {
        self.name().ends_with("_PROXY")
    }
}

impl Section {
    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Listener => "Address, certificate and limits",
            Self::Kerberos => "Kerberos",
            Self::ClientCertificates => "Client certificates",
            Self::Form => "Form, and a proxy that names the user",
            Self::Pages => "Pages that users see",
            Self::Tokens => "Tokens and who gets them",
            Self::Directory => "Directory",
            Self::Groups => "Groups",
            Self::Accounts => "Accounts, searches and profiles",
            Self::Tenant => "Tenant and tunnel",
            Self::Instance => "This instance",
            Self::Unused => "Accepted, without effect",
        }
    }

    /// Whether it belongs to the direct logins: the tunnel runs without it.
    #[must_use]
    pub fn is_direct(self) -> bool {
        matches!(
            self,
            Self::Listener | Self::Kerberos | Self::ClientCertificates | Self::Form | Self::Pages
        )
    }
}

impl<K> Key<K> {
    pub(super) const fn new(
        name: &'static str,
        section: Section,
        meaning: &'static str,
        kind: K,
    ) -> Self {
        let scope = Scope {
            host: false,
            tenant: false,
            restart: false,
            setup: false,
            switch: false,
            legacy: false,
            environment: false,
        };
        Self {
            name,
            section,
            meaning,
            scope,
            older: None,
            kind,
        }
    }

    /// Sets [`Self::older`].
    pub(super) const fn older(mut self, name: &'static str) -> Self {
        self.older = Some(name);
        self
    }
}

/// The words of a declaration: `scopes! { host, tenant }` makes a method of each.
macro_rules! scopes {
    ($($scope:ident),*) => {
        impl<K> Key<K> {
            $(
                #[doc = concat!("Sets [`Scope::", stringify!($scope), "`].")]
                pub(super) const fn $scope(mut self) -> Self {
                    self.scope.$scope = true;
                    self
                }
            )*
        }
    };
}
scopes!(host, tenant, restart, setup, switch, legacy, environment);

impl<K: Kind> Declared for Key<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn section(&self) -> Section {
        self.section
    }

    fn meaning(&self) -> &'static str {
        self.meaning
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn shape(&self) -> Shape {
        self.kind.shape()
    }

    fn older_name(&self) -> Option<&'static str> {
        self.older
    }

    fn understood(&self, given: &Value) -> Result<Option<Value>, Wrong> {
        let value = self.kind.understand(given)?;
        Ok(value.map(|value| self.kind.write(&value)))
    }

    fn canonical(&self, given: &Value) -> Option<Value> {
        self.kind.canonical(given)
    }
}

impl<K> AsRef<str> for Key<K> {
    fn as_ref(&self) -> &str {
        self.name
    }
}
