//! Keys of the instance: its name, its own addresses, its end, its log.

use super::{
    super::{
        choices::LogFormat,
        key::{Declared, Key, Section},
        kinds::{
            Choice, FilesOrPattern, Flag, Folder, Levels, List, Socket, SocketOrOff, Span, Text,
            Token,
        },
        shape::{Format, Usual},
    },
    declare::{OFF, ON, declare, list, socket, socket_or_off, usual},
};

#[rustfmt::skip]
declare! { Section::Instance;
    OPS_LISTEN: Socket = socket(9464), "`/metrics`, `/healthz`, `/readyz` and `/instance`, plain HTTP", host, restart;
    OPS_TOKEN: Token = Token { least: 16 }, "whoever asks OPS_LISTEN for `/instance`, what `ad-edge fleet` shows, must show it, equal on all instances; beyond loopback `/instance` answers nobody without it";
    FLEET: List = list(Format::HostAndPort, Usual::None), "OPS_LISTEN of each instance, 100 at most, `edge1.corp.example:9464`, or one name that resolves to all of them, for `ad-edge fleet` and the console";
    ADMIN_LISTEN: SocketOrOff = socket_or_off(8357), "address of the console, plain HTTP; `off` to do without. Whoever is not root or ad-edge's own user on this machine needs a token, which the log shows", host, restart;
    INSTANCE_NAME: Text = usual(Format::Plain, Usual::OfHost("<hostname>:<PORT>")), "this instance's name in audit lines", host;
    INSTANCE_HEADER: Flag = OFF, "name the instance in the response header `x-ad-edge-instance`";
    DRAIN_SECONDS: Span = Span::seconds(10, 0, 3600), "how long `/readyz` answers 404 after SIGTERM before the listener closes";
    SHUTDOWN_SECONDS: Span = Span::seconds(30, 1, 3600), "how long logins in flight may then take";
    LOG_FORMAT: Choice<Option<LogFormat>> = Choice { default: None, words: &[("text", Some(LogFormat::Text)), ("json", Some(LogFormat::Json))], usual: Usual::Words("`text` on a terminal, else `json`") }, "form of the log lines on standard error", restart;
    LOG_LEVEL: Levels = Levels("info"), "how much is logged: `error`, `warn`, `info`, `debug` or `trace`; more of a part of the program as `info,ad_edge::tunnel=debug`. Audit lines stay, unless it says `audit=off`. `RUST_LOG` in the environment, in the same words, takes the place of all of it";
    SSL_CA_FILE: FilesOrPattern = FilesOrPattern, "PEM files of further roots for outgoing TLS; the system's count too. Where there is no such file, with SSL_CA_PATH: a regular expression of the names of files in it, of any case", setup, legacy;
    SSL_CA_PATH: Folder = Folder, "folder of such files: those that end in pem, crt or cer, or that SSL_CA_FILE fits; `false`: none", legacy;
    OVERRIDE_CONFIG: Flag = ON, "`false`: read and write no file of the home folder", environment, legacy;
}
