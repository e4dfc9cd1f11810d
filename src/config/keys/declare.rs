//! The words in which keys are declared.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::super::{
    key::Declared,
    kinds::{
        Choice, Choices, Filter, Flag, Header, List, Number, OwnFilter, Preset, Secret, Socket,
        SocketOrOff, Text,
    },
    shape::{Format, Usual},
};

/// `NAME: Kind = value, "meaning", scopes;` makes a constant of each key, and the list of them. `older("NAME")`
/// among the scopes is the name that the key had before.
macro_rules! declare {
    ($section:expr; $($name:ident: $kind:ty = $value:expr, $meaning:literal $(, $scope:ident $(($older:literal))?)*;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: Key<$kind> =
                Key::new(stringify!($name), $section, $meaning, $value)$(.$scope($($older)?))*;
        )*
        pub(in crate::config::keys) const KEYS: &[&dyn Declared] = &[$(&$name),*];
    };
}
pub(super) use declare;

/// A part of the table.
pub(super) type Keys = &'static [&'static dyn Declared];

pub(super) const ON: Flag = Flag(true);
pub(super) const OFF: Flag = Flag(false);
pub(super) const SECRET: Secret = Secret {
    usual: Usual::None,
    exact: false,
};
pub(super) const PASSWORD: Secret = Secret {
    usual: Usual::None,
    exact: true,
};

pub(super) const fn number<T: Copy>(default: T, least: T, most: T) -> Number<T> {
    Number {
        default,
        least,
        most,
        floor: least,
        unit: "",
    }
}

/// Not less than the default: what is smaller counts as that.
pub(super) const fn bytes_or_default<T: Copy>(default: T, least: T, most: T) -> Number<T> {
    Number {
        default,
        least,
        most,
        floor: default,
        unit: "bytes",
    }
}

pub(super) const fn text(format: Format) -> Text {
    usual(format, Usual::None)
}

pub(super) const fn usual(format: Format, usual: Usual) -> Text {
    Text { format, usual }
}

pub(super) const fn preset(format: Format, default: &'static str) -> Preset {
    Preset { format, default }
}

pub(super) const fn filter(default: &'static str) -> Filter {
    Filter(default)
}

pub(super) const fn own_filter(usual: Usual, example: &'static str) -> OwnFilter {
    OwnFilter { usual, example }
}

pub(super) const fn header(default: &'static str) -> Header {
    Header(default)
}

pub(super) const fn list(format: Format, usual: Usual) -> List {
    List { format, usual }
}

pub(super) const fn choice<T: Copy>(default: T, words: &'static [(&'static str, T)]) -> Choice<T> {
    Choice {
        default,
        words,
        usual: Usual::None,
    }
}

pub(super) const fn choices<T: Copy>(
    default: &'static [T],
    words: &'static [(&'static str, T)],
) -> Choices<T> {
    Choices { default, words }
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// On loopback.
pub(super) const fn socket(port: u16) -> Socket {
    Socket(loopback(port))
}

/// On loopback, unless it is `off`.
pub(super) const fn socket_or_off(port: u16) -> SocketOrOff {
    SocketOrOff(loopback(port))
}
