//! One JavaScript engine with the mapper's script in it, on one thread.

use std::{cell::Cell, rc::Rc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rquickjs::{
    CatchResultExt as _, CaughtError, Context, Ctx, Function, Object, Persistent, Runtime,
    TypedArray, Value, context::EvalOptions, function::Func,
};
use tokio::time::Instant;

use super::{error::ScriptError, raw::Raw};
use crate::telemetry::event;

const PRELUDE: &str = include_str!("prelude.js");
/// The script's name in its error messages.
const NAME: &str = "profileMapper.js";
const MEMORY: usize = 64 << 20;
/// An engine that holds more than this after a call is not used again: a script that keeps what it
/// sees would otherwise fail every login once the limit is reached.
const KEPT_MEMORY: i64 = 32 << 20;
/// Asking an engine what it holds takes a walk over all of it, so it is asked now and then.
const CALLS_BETWEEN_LOOKS: u32 = 64;
const STACK: usize = 512 << 10;
/// A profile larger than this is a mistake.
const MAX_PROFILE_BYTES: usize = 1 << 20;
const MAX_MESSAGE_CHARS: usize = 500;
/// Lines that one call may log.
const MAX_LOG_LINES: u32 = 20;

/// The order of its fields is that of their end: a function before its context and runtime.
pub(super) struct Engine {
    run: Persistent<Function<'static>>,
    context: Context,
    runtime: Runtime,
    limits: Rc<Limits>,
    calls: Cell<u32>,
}

#[derive(Debug)]
struct Limits {
    deadline: Cell<Instant>,
    log_lines: Cell<u32>,
}

/// Why a call gave no profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// What the script said or did.
    Script(String),
    /// It was stopped at its deadline; the engine is not used again.
    Stopped,
}

impl Engine {
    /// Runs the script once, which gives the mapper.
    pub fn load(source: &str, limit: Duration) -> Result<Self, ScriptError> {
        let own = ScriptError::Engine;
        let runtime = Runtime::new().map_err(own)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let limits = Rc::new(Limits {
            deadline: Cell::new(Instant::now() + limit),
            log_lines: Cell::new(0),
        });
        let watched = Rc::clone(&limits);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            Instant::now() >= watched.deadline.get()
        })));
        let context = Context::full(&runtime).map_err(own)?;
        let run = context.with(|ctx| {
            let prelude: Function = ctx.eval(PRELUDE).map_err(own)?;
            let api: Object = native(&ctx, &limits)
                .and_then(|native| prelude.call((native,)))
                .map_err(own)?;
            let load: Function = api.get("load").map_err(own)?;
            // On the first line, so that the script's lines keep their numbers.
            let gives_mapper = |body: &str| -> Result<bool, ScriptError> {
                let wrapped = format!("(function (exports, module, require) {{{body}\n}})");
                let mut options = EvalOptions::default();
                options.strict = false;
                options.filename = Some(NAME.to_owned());
                ctx.eval_with_options::<Function, _>(wrapped, options)
                    .and_then(|script| load.call((script,)))
                    .catch(&ctx)
                    .map_err(|error| ScriptError::Broken(describe(&error)))
            };
            // The AD/LDAP Connector takes the value of the last expression, too.
            let text = serde_json::Value::from(source);
            if !gives_mapper(source)? && !gives_mapper(&format!("return eval({text})"))? {
                return Err(ScriptError::NoFunction);
            }
            let run: Function = api.get("run").map_err(own)?;
            Ok(Persistent::save(&ctx, run))
        })?;
        Ok(Self {
            run,
            context,
            runtime,
            limits,
            calls: Cell::new(0),
        })
    }

    /// Whether the engine may serve another login after this result: not when it was stopped half-way,
    /// and not when it has grown too large.
    pub fn lasts(&self, result: &Result<String, Failure>) -> bool {
        let calls = self.calls.get() + 1;
        self.calls.set(calls % CALLS_BETWEEN_LOOKS);
        match result {
            Err(Failure::Stopped) => false,
            Ok(_) if calls < CALLS_BETWEEN_LOOKS => true,
            Ok(_) | Err(Failure::Script(_)) => {
                self.runtime.memory_usage().malloc_size < KEPT_MEMORY
            }
        }
    }

    /// The profile of a raw entry, as JSON text.
    pub fn map(&self, raw: &Raw, limit: Duration) -> Result<String, Failure> {
        self.limits.deadline.set(Instant::now() + limit);
        self.limits.log_lines.set(0);
        let state = self.context.with(|ctx| {
            let started = raw.pictures(&ctx).and_then(|pictures| {
                let run = self.run.clone().restore(&ctx)?;
                run.call::<_, Object>((raw.text.as_str(), pictures))
            });
            let state = started.catch(&ctx).map_err(|error| self.failure(&error))?;
            Ok(Persistent::save(&ctx, state))
        })?;
        // Promises go on where they wait for nothing but each other.
        while !self.is_done(&state)? {
            match self.runtime.execute_pending_job() {
                Ok(false) => {
                    return Err(Failure::Script(
                        "it ended without giving a profile: its callback was never called, or \
                         its promise never settles"
                            .to_owned(),
                    ));
                }
                Err(_) if self.is_late() => return Err(Failure::Stopped),
                // A rejected promise carries its error on by itself.
                Ok(true) | Err(_) => {}
            }
        }
        self.context.with(|ctx| {
            let read = state.restore(&ctx).and_then(|state| {
                let error: Option<String> = state.get("error")?;
                let text: Option<String> = state.get("text")?;
                Ok((error, text))
            });
            match read.catch(&ctx).map_err(|error| self.failure(&error))? {
                (Some(error), _) => Err(Failure::Script(shortened(&error))),
                (None, Some(text)) if text.len() <= MAX_PROFILE_BYTES => Ok(text),
                (None, Some(text)) => Err(Failure::Script(format!(
                    "its profile is {} bytes long, and {MAX_PROFILE_BYTES} are allowed",
                    text.len()
                ))),
                (None, None) => Err(Failure::Script("its profile is no JSON".to_owned())),
            }
        })
    }

    fn is_done(&self, state: &Persistent<Object<'static>>) -> Result<bool, Failure> {
        self.context.with(|ctx| {
            let done = state
                .clone()
                .restore(&ctx)
                .and_then(|state| state.get("done"));
            done.catch(&ctx).map_err(|error| self.failure(&error))
        })
    }

    fn is_late(&self) -> bool {
        Instant::now() >= self.limits.deadline.get()
    }

    fn failure(&self, error: &CaughtError<'_>) -> Failure {
        if self.is_late() {
            Failure::Stopped
        } else {
            Failure::Script(describe(error))
        }
    }
}

/// What the prelude needs of Rust.
fn native<'js>(ctx: &Ctx<'js>, limits: &Rc<Limits>) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set("encode", Func::from(encode))?;
    native.set("decode", Func::from(decode))?;
    let limits = Rc::clone(limits);
    native.set(
        "log",
        Func::from(move |level: String, text: String| {
            let lines = limits.log_lines.get();
            limits.log_lines.set(lines.saturating_add(1));
            if lines < MAX_LOG_LINES {
                log(&level, &shortened(&text));
            }
        }),
    )?;
    Ok(native)
}

fn log(level: &str, text: &str) {
    match level {
        "error" => tracing::error!(target: "mapper", event = event::MAPPER_PRINTED,  "{text}"),
        "warn" => tracing::warn!(target: "mapper", event = event::MAPPER_PRINTED,  "{text}"),
        "debug" => tracing::debug!(target: "mapper", "{text}"),
        _ => tracing::info!(target: "mapper", event = event::MAPPER_PRINTED,  "{text}"),
    }
}

/// `latin1` holds a byte in each character: the safe way out of the engine's memory.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a function for JavaScript takes its arguments by value"
)]
fn encode(ctx: Ctx<'_>, latin1: String, encoding: String) -> rquickjs::Result<String> {
    let byte = |character: char| u8::try_from(u32::from(character)).unwrap_or(b'?');
    let bytes: Vec<u8> = latin1.chars().map(byte).collect();
    match encoding.as_str() {
        "base64" => Ok(STANDARD.encode(bytes)),
        "hex" => Ok(hex::encode(bytes)),
        "utf8" | "utf-8" => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        "latin1" | "binary" => Ok(latin1),
        _ => Err(unknown_encoding(&ctx, &encoding)),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a function for JavaScript takes its arguments by value"
)]
fn decode(ctx: Ctx<'_>, text: String, encoding: String) -> rquickjs::Result<TypedArray<'_, u8>> {
    let bytes = match encoding.as_str() {
        "base64" => STANDARD.decode(&text).unwrap_or_default(),
        "hex" => hex::decode(&text).unwrap_or_default(),
        "utf8" | "utf-8" => text.into_bytes(),
        _ => return Err(unknown_encoding(&ctx, &encoding)),
    };
    TypedArray::new(ctx, bytes)
}

fn unknown_encoding(ctx: &Ctx<'_>, encoding: &str) -> rquickjs::Error {
    rquickjs::Exception::throw_type(ctx, &format!("unknown encoding: {encoding}"))
}

/// An error in one line, with the script's line when the engine knows it.
fn describe(error: &CaughtError<'_>) -> String {
    let text = match error {
        CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let stack = exception.stack().unwrap_or_default();
            let place = stack.lines().find_map(|line| {
                let start = line.find(NAME)?;
                Some(line[start..].trim_end_matches(')').to_owned())
            });
            match place {
                Some(place) => format!("{message} ({place})"),
                None => message,
            }
        }
        CaughtError::Value(value) => text_of(value),
        CaughtError::Error(error) => error.to_string(),
    };
    shortened(&text)
}

fn text_of(value: &Value<'_>) -> String {
    match value.as_string().map(rquickjs::String::to_string) {
        Some(Ok(text)) => text,
        _ => format!("it threw a value of type {}", value.type_name()),
    }
}

/// One line of bounded length.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

impl Raw {
    fn pictures<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let pictures = Object::new(ctx.clone())?;
        for (name, bytes) in &self.pictures {
            pictures.set(
                name.as_str(),
                TypedArray::new(ctx.clone(), bytes.as_slice())?,
            )?;
        }
        Ok(pictures)
    }
}
