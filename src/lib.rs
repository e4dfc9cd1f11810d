//! ad-edge: the login edge in front of Active Directory.
//!
//! One program, run as N equal instances behind a load balancer. It holds no session: any request of
//! any login may land on any instance.
//!
//! # The way of a login
//!
//! ```text
//! accept → tls → http → web ─┐
//!                            ├→ login → authenticate · directory → profile → token
//! hub ──────────→ tunnel ────┘
//!
//! ops (metrics, probes) and console (the administrator's page): own listeners
//! ```
//!
//! A connection is taken by [`accept`], secured by [`tls`] and served by [`http`]. [`web`] reads what
//! a relying party wants and hands the proof that came along to [`login`], which is the
//! whole sequence in one place: [`authenticate`] turns the proof into a principal, [`directory`] finds the entry and its
//! groups, [`profile`] makes claims of it, and [`token`] signs them.
//!
//! # The folders
//!
//! Imports point to earlier stages or to the ground, never forward, never in a circle, not between files
//! either; the test `tests/layering` reads this table and holds it.
//!
//! Above the stages of a login is `instance`, which is made of a configuration and kept up to date, and above
//! that a folder for each thing that an administrator does.
//!
//! | folder | holds | may import |
//! | --- | --- | --- |
//! | `main` | the program: the library's command line | ground, `cli` |
//! | `cli` | parse the command, exit code; a file per command | all below |
//! | `serve` | builds the program from the configuration and runs it: listeners, signals, drain | all below |
//! | `console` | the console: guard, page, forms, charts, routes; what it asks of a running program, and of an empty home folder | ground, `doctor`, `setup`, `instance`, `installation`, `fleet`, `ops`, `login`, `authenticate`, `directory`, `profile`, `tunnel`, `http`, `tls`, `accept` |
//! | `doctor` | looks at everything an installation needs, and says how to correct it | ground, `instance`, `tenant`, `fleet`, `tunnel`, `authenticate`, `directory`, `token`, `tls`, `accept` |
//! | `setup` | makes and moves an installation: a set-up, an import tried before it is taken, what is left to do | ground, `instance`, `installation`, `tenant`, `directory`, `token` |
//! | `instance` | what one configuration gives: materials, generation, reload, readiness, registration at the tenant, check | ground, `web`, `tunnel`, `ops`, `login`, `authenticate`, `directory`, `profile`, `token`, `http`, `tls`, `accept`, `installation`, `tenant`, `fleet` |
//! | `web` | routes, the sign-in request, challenge, form, refusal (error → status and page) | ground, `http`, `tls`, `login`, `authenticate`, `directory`, `profile`, `token` |
//! | `tunnel` | the hub: connect, serve, messages, answers | ground, `login`, `directory`, `profile`, `token` |
//! | `ops` | metrics page, liveness, readiness, how this instance is | ground, `http`, `accept` |
//! | `fleet` | all instances at once: what each tells, how all are asked, what differs | ground |
//! | `installation` | the home folder as files: `config.json`, archive, import journal, migration, signing key and certificate | ground |
//! | `tenant` | what installation and tenant tell each other over the ticket | ground, `token` |
//! | `login` | proof → principal → entry → profile → token; account policy; the audit line | ground, `authenticate`, `directory`, `profile`, `token` |
//! | `authenticate` | Kerberos: SPNEGO, GSSAPI on worker threads, keytab, replay check; client certificates: trust, names, mapping | ground, `directory` |
//! | `directory` | servers and failover, connections, lookup, entry, groups, password checks, bind results | ground |
//! | `profile` | built-in mapper, JavaScript mapper, claims | ground, `directory` |
//! | `token` | assertion, canonical XML, signature, envelope, metadata; the tenant's JWTs | ground, `profile` |
//! | `accept` | listener, limits, PROXY header | ground |
//! | `tls` | certificate, handshake, asking for client certificates, session tickets | ground, `accept` |
//! | `http` | serving, limits, pages, request log | ground, `tls`, `accept` |
//! | `config` | each key declared once, where values come from, checks; the list of keys and the schema of `config.json` (ground) | `cause`, `language`, `network`, `secret` |
//! | `privileges` | root in the service's folder: for whom it works there, what it opens before, giving root up (ground) | `cause`, `config`, `files` |
//! | `files` | files by handles: read without waiting for a pipe, written without following a link (ground) | |
//! | `lifecycle` | the phases of the end, signals, notifications to the service manager, tasks that begin again after a panic (ground) | `telemetry` |
//! | `telemetry` | metrics, log, and the last of both for the console (ground) | `clock`, `config`, `cause`, `network`, `sync` |
//! | `language` | the texts of the pages in the languages of their readers, and which one a browser asks for (ground) | |
//! | `cause` | the errors of outside libraries in plain words; quoting (ground) | |
//! | `clock` | the time of day (ground) | |
//! | `name_key` | names that outsiders choose, as keys of a fixed size (ground) | |
//! | `network` | the network that an address belongs to, in which outsiders are counted (ground) | |
//! | `secret` | values that are never shown (ground) | |
//! | `sync` | what threads share, and in models a checker's (ground) | |
//!
//! Ground: `config`, `privileges`, `files`, `lifecycle`, `telemetry`, `language`, `cause`, `clock`, `name_key`, `network`, `secret`, `sync`.

mod accept;
mod authenticate;
mod cause;
pub mod cli;
pub mod clock;
mod config;
mod console;
mod directory;
mod doctor;
mod files;
mod fleet;
mod http;
mod installation;
mod instance;
mod language;
mod lifecycle;
mod login;
mod name_key;
mod network;
mod ops;
mod privileges;
mod profile;
mod secret;
mod serve;
mod setup;
mod sync;
mod telemetry;
mod tenant;
mod tls;
mod token;
mod tunnel;
mod web;

pub use self::authenticate::credential_of_cache;

/// What `tests/fuzz` calls: each takes bytes as they may come from outside, and asserts what must hold of what is
/// made of them. Not a part of the program.
#[cfg(feature = "fuzz")]
#[doc(hidden)]
pub mod fuzz {
    pub use crate::{
        accept::fuzz::proxy_header,
        authenticate::fuzz::{
            certificate_names, given_authorities, negotiate_token, pac, principal,
        },
        config::fuzz::{configuration, filter},
        directory::fuzz::{ldap_entry, typed_name},
        http::fuzz::request_head,
        installation::fuzz::import_zip,
        token::fuzz::{Written, assertion_of, tenant_token},
        tunnel::fuzz::{hub_claims, hub_frame},
        web::fuzz::{certificate_header, query_and_form},
    };
}
