//! What engine and surroundings share: a module's function, limits of one call, lines of the log.

use std::cell::Cell;

use rquickjs::{Ctx, Function, context::EvalOptions};
use tokio::time::Instant;

const MAX_MESSAGE_CHARS: usize = 500;

/// Of one call.
#[derive(Debug)]
pub(super) struct Limits {
    pub deadline: Cell<Instant>,
    pub log_lines: Cell<u32>,
    /// Nothing is logged.
    pub is_quiet: Cell<bool>,
}

/// A module's function. On the first line, so that the script's lines keep their numbers.
pub(super) fn compiled<'js>(
    ctx: &Ctx<'js>,
    body: &str,
    name: &str,
) -> rquickjs::Result<Function<'js>> {
    let comment = if body.starts_with("#!") { "//" } else { "" };
    let wrapped = format!(
        "(function (exports, module, require, __filename, __dirname) {{{comment}{body}\n}})"
    );
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(wrapped, options)
}

/// One line of bounded length.
pub(super) fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
