//! How an event is written: a line of text for people, or a flat object of JSON.
//!
//! This is the one place where texts of others become a part of the log. Whatever an event holds, its line
//! is one line, its fields are those that it has, and nothing in it is an instruction to a terminal: values
//! are escaped and cut here, so that no caller can forget it.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

use crate::{cause::write_seen, config::LogFormat};

/// The longest message or value, in bytes; a refused configuration may have much to say.
const VALUE_BYTES: usize = 8192;

/// Lines of one format.
pub(super) struct Lines(pub LogFormat);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match self.0 {
            LogFormat::Text => text(to, event),
            LogFormat::Json => json(to, event),
        }
    }
}

fn text(mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    let level = event.metadata().level();
    // SGR parameters (ECMA-48, section 8.3.117).
    let (dim, bold, end) = if to.has_ansi_escapes() {
        ("\x1b[2m", colour(*level), "\x1b[0m")
    } else {
        ("", "", "")
    };
    to.write_str(dim)?;
    SystemTime.format_time(&mut to)?;
    write!(to, "{end} {bold}{level:>5}{end}")?;
    let mut fields = TextFields {
        dim,
        end,
        done: Ok(()),
        to,
    };
    event.record(&mut fields);
    fields.done?;
    fields.to.write_char('\n')
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}

/// ` message name=value name="another value"`.
struct TextFields<'a> {
    to: Writer<'a>,
    dim: &'static str,
    end: &'static str,
    done: fmt::Result,
}

impl TextFields<'_> {
    /// A value that could be taken for more than itself stands between quotes.
    fn write(&mut self, field: &Field, value: &str, is_text: bool) -> fmt::Result {
        let plain = |c: char| c.is_alphanumeric() || "-_.:/@+,[]%".contains(c);
        let is_quoted = if field.name() == "message" {
            // A sentence; `=` is what names a field, and a quote opens what another one ends.
            self.to.write_char(' ')?;
            value.contains('=') || value.matches('"').count() % 2 == 1
        } else {
            let Self { dim, end, .. } = self;
            write!(self.to, " {dim}{}={end}", field.name())?;
            is_text || value.is_empty() || !value.chars().all(plain)
        };
        if is_quoted {
            quoted(&mut self.to, value)
        } else {
            value.chars().try_for_each(|c| write_seen(&mut self.to, c))
        }
    }

    fn take(&mut self, field: &Field, value: &str, is_text: bool) {
        if self.done.is_ok() && !of_log_crate(field) {
            self.done = self.write(field, value, is_text);
        }
    }
}

impl Visit for TextFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, &cut(format_args!("{value}")), true);
    }

    /// Also of what is given with `%`: tracing wraps it so that its `Debug` is its `Display`.
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, &cut(format_args!("{value:?}")), false);
    }
}

fn json(mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    let metadata = event.metadata();
    to.write_str("{\"timestamp\":\"")?;
    SystemTime.format_time(&mut to)?;
    write!(to, "\",\"level\":\"{}\"", metadata.level())?;
    let mut fields = JsonFields {
        to,
        target: metadata.target().to_owned(),
        done: Ok(()),
    };
    event.record(&mut fields);
    fields.done?;
    let JsonFields { mut to, target, .. } = fields;
    to.write_str(",\"target\":")?;
    quoted(&mut to, &target)?;
    to.write_str("}\n")
}

/// `,"name":value`.
struct JsonFields<'a> {
    to: Writer<'a>,
    target: String,
    done: fmt::Result,
}

impl JsonFields<'_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.done.is_ok() && !of_log_crate(field) {
            let name = field.name();
            let named = write!(self.to, ",\"{name}\":");
            self.done = named.and_then(|()| value(&mut self.to));
        }
    }
}

impl Visit for JsonFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            value.clone_into(&mut self.target);
        }
        let value = cut(format_args!("{value}"));
        self.write(field, |to| quoted(to, &value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = cut(format_args!("{value:?}"));
        self.write(field, |to| quoted(to, &value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, |to| write!(to, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, |to| write!(to, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, |to| write!(to, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no other numbers.
        let value = value.is_finite().then_some(value);
        self.write(field, |to| match value {
            Some(value) => write!(to, "{value:?}"),
            None => to.write_str("null"),
        });
    }
}

/// What libraries log by the crate `log` has fields about itself.
fn of_log_crate(field: &Field) -> bool {
    field.name().starts_with("log.")
}

/// Between double quotes, as in JSON (RFC 8259, section 7), and so that nothing is unseen.
fn quoted(to: &mut impl fmt::Write, value: &str) -> fmt::Result {
    to.write_char('"')?;
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            to.write_char('\\')?;
        }
        write_seen(to, c)?;
    }
    to.write_char('"')
}

/// The text as far as it may go.
fn cut(value: fmt::Arguments<'_>) -> String {
    struct Cut(String);
    impl fmt::Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = VALUE_BYTES.saturating_sub(self.0.len());
            self.0.push_str(&text[..text.floor_char_boundary(room)]);
            // What is left of the value need not be put in words.
            if text.len() > room {
                Err(fmt::Error)
            } else {
                Ok(())
            }
        }
    }
    let mut text = Cut(String::new());
    if text.write_fmt(value).is_err() {
        text.0.push('…');
    }
    text.0
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
