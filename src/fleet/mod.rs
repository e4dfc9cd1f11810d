//! A fleet, seen at once: what each instance tells of itself on OPS_LISTEN, how all are asked, and what
//! differs among them that must be equal. Nothing here changes an instance, and no value of a key crosses
//! from one to another: they compare digests under a key that the fleet shares.

mod ask;
mod compare;
mod digest;
mod groups;
mod report;
mod table;
mod view;
mod words;

pub use self::{
    ask::{Asked, ask},
    compare::{Finding, Level},
    digest::FleetKey,
    report::{
        Certificate, Configuration, DirectoryServer, InstanceReport, KeyDigest, LastMinute, State,
        Tunnel,
    },
    table::{Cell, HEADINGS, Row, rows},
    view::FleetView,
    words::plain,
};
