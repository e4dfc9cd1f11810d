//! One JavaScript engine with the mapper's script in it, on one thread.

use std::{cell::Cell, rc::Rc, time::Duration};

use rquickjs::{
    CatchResultExt as _, CaughtError, Context, Ctx, Exception, Function, Object, Persistent,
    Runtime, TypedArray, Value, context::EvalOptions,
};
use tokio::time::Instant;

use super::{
    compile::{Limits, compiled, shortened},
    conditions::Conditions,
    error::ScriptError,
    native::native,
    raw::Raw,
};

const PRELUDE: &str = include_str!("prelude.js");
/// What makes each module of Node's.
const MODULES: [(&str, &str); 6] = [
    ("buffer", include_str!("node/buffer.js")),
    ("crypto", include_str!("node/crypto.js")),
    ("path", include_str!("node/path.js")),
    ("querystring", include_str!("node/querystring.js")),
    ("url", include_str!("node/url.js")),
    ("util", include_str!("node/util.js")),
];
/// The script's name in its error messages.
const NAME: &str = "profileMapper.js";
/// Asking an engine what it holds takes a walk over all of it, so it is asked now and then.
const CALLS_BETWEEN_LOOKS: u32 = 64;
const STACK: usize = 512 << 10;
/// A profile larger than this is a mistake.
const MAX_PROFILE_BYTES: usize = 1 << 20;
/// Jobs and timers of a script itself, before it is called.
const MAX_EARLY_JOBS: usize = 10_000;
/// What no user's entry is the cause of: it is not here, or is not in the script.
const LACKING: [&str; 5] = [
    "ERR_NOT_HERE",
    "MODULE_NOT_FOUND",
    "ERR_UNKNOWN_ENCODING",
    "ReferenceError",
    "SyntaxError",
];

/// The order of its fields is that of their end: functions before their context and runtime.
pub(super) struct Engine {
    run: Persistent<Function<'static>>,
    next: Persistent<Function<'static>>,
    end: Persistent<Function<'static>>,
    lacks: Persistent<Function<'static>>,
    context: Context,
    runtime: Runtime,
    limits: Rc<Limits>,
    calls: Cell<u32>,
    /// An engine that holds more than this after a call is not used again: a script that keeps what it sees would
    /// otherwise fail every login once the limit is reached.
    kept_memory: i64,
}

/// Why a call gave no profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// What the script said or did.
    Script(String),
    /// It needs what is not here.
    Lacking(String),
    /// It was stopped at its deadline; the engine is not used again.
    Stopped,
}

impl Engine {
    /// Runs the script once, which gives the mapper.
    pub fn load(
        source: &str,
        conditions: &Conditions,
        limit: Duration,
    ) -> Result<Self, ScriptError> {
        let own = ScriptError::Engine;
        let runtime = Runtime::new().map_err(own)?;
        runtime.set_memory_limit(conditions.memory);
        runtime.set_max_stack_size(STACK);
        let limits = Rc::new(Limits {
            deadline: Cell::new(Instant::now() + limit),
            log_lines: Cell::new(0),
            is_quiet: Cell::new(false),
        });
        let watched = Rc::clone(&limits);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            Instant::now() >= watched.deadline.get()
        })));
        let context = Context::full(&runtime).map_err(own)?;
        let [run, next, end, lacks] = context.with(|ctx| {
            let part = |text: &str, name: &str| -> rquickjs::Result<Function> {
                let mut options = EvalOptions::default();
                options.filename = Some(name.to_owned());
                ctx.eval_with_options(text, options)
            };
            let api = || -> rquickjs::Result<Object> {
                let native = native(&ctx, &limits, &conditions.modules)?;
                let make = Object::new(ctx.clone())?;
                for (name, text) in MODULES {
                    make.set(name, part(text, name)?)?;
                }
                part(PRELUDE, "prelude")?.call((native, make))
            };
            let api = api()
                .catch(&ctx)
                .map_err(|error| ScriptError::Broken(describe(&error)))?;
            let load: Function = api.get("load").map_err(own)?;
            let gives_mapper = |body: &str| -> Result<bool, ScriptError> {
                compiled(&ctx, body, NAME)
                    .and_then(|script| load.call((script,)))
                    .catch(&ctx)
                    .map_err(|error| ScriptError::Broken(describe(&error)))
            };
            if !is_mapper(source, gives_mapper)? {
                return Err(ScriptError::NoFunction);
            }
            let function = |name: &str| -> Result<_, ScriptError> {
                let function: Function = api.get(name).map_err(own)?;
                Ok(Persistent::save(&ctx, function))
            };
            Ok([
                function("run")?,
                function("next")?,
                function("end")?,
                function("lacks")?,
            ])
        })?;
        let engine = Self {
            run,
            next,
            end,
            lacks,
            context,
            runtime,
            limits,
            calls: Cell::new(0),
            kept_memory: 0,
        };
        engine.early_jobs();
        let used = engine.runtime.memory_usage().malloc_size.max(0);
        let limit = i64::try_from(conditions.memory).unwrap_or(i64::MAX);
        Ok(Self {
            kept_memory: used + (limit - used).max(0) / 2,
            ..engine
        })
    }

    /// What the script has begun by itself: promises and timers, but for those that repeat.
    fn early_jobs(&self) {
        for _ in 0..MAX_EARLY_JOBS {
            if self.is_late() {
                return;
            }
            if !matches!(self.runtime.execute_pending_job(), Ok(false)) {
                continue;
            }
            if !self.next(false).unwrap_or(false) {
                return;
            }
        }
    }

    /// Whether the engine may serve another login after this result: not when it was stopped half-way,
    /// and not when it has grown too large.
    pub fn lasts(&self, result: &Result<String, Failure>) -> bool {
        let calls = self.calls.get() + 1;
        self.calls.set(calls % CALLS_BETWEEN_LOOKS);
        match result {
            Err(Failure::Stopped) => false,
            Ok(_) if calls < CALLS_BETWEEN_LOOKS => true,
            Ok(_) | Err(Failure::Script(_) | Failure::Lacking(_)) => {
                self.runtime.memory_usage().malloc_size < self.kept_memory
            }
        }
    }

    /// Its `console` writes nothing.
    pub fn be_quiet(&self) {
        self.limits.is_quiet.set(true);
    }

    /// What the script asked for in the last call, or when it was loaded, and cannot have.
    pub fn lacks(&self) -> Option<String> {
        self.context.with(|ctx| {
            let lacks = self.lacks.clone().restore(&ctx).ok()?;
            let said: Option<String> = lacks.call(()).ok()?;
            Some(shortened(&said?))
        })
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
        // Promises go on where they wait for nothing but each other, and timers where nothing else is left.
        while !self.is_done(&state)? {
            if self.is_late() {
                return Err(Failure::Stopped);
            }
            // A rejected promise carries its error on by itself.
            if matches!(self.runtime.execute_pending_job(), Ok(false)) && !self.next(true)? {
                self.end(&state)?;
            }
        }
        self.context.with(|ctx| {
            let read = state.restore(&ctx).and_then(|state| {
                let error: Option<String> = state.get("error")?;
                let text: Option<String> = state.get("text")?;
                let code: Option<String> = state.get("code")?;
                Ok((error, text, code))
            });
            match read.catch(&ctx).map_err(|error| self.failure(&error))? {
                (Some(error), _, code) => {
                    let error = shortened(&error);
                    let code = code.unwrap_or_default();
                    Err(if LACKING.contains(&code.as_str()) {
                        Failure::Lacking(error)
                    } else {
                        Failure::Script(error)
                    })
                }
                (None, Some(text), _) if text.len() <= MAX_PROFILE_BYTES => Ok(text),
                (None, Some(text), _) => Err(Failure::Script(format!(
                    "its profile is {} bytes long, and {MAX_PROFILE_BYTES} are allowed",
                    text.len()
                ))),
                (None, None, _) => Err(Failure::Script("its profile is no JSON".to_owned())),
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

    /// Runs the timer that is due next; false when there is none.
    fn next(&self, with_intervals: bool) -> Result<bool, Failure> {
        self.context.with(|ctx| {
            let next = self.next.clone().restore(&ctx);
            let ran = next.and_then(|next| next.call((with_intervals,)));
            ran.catch(&ctx).map_err(|error| self.failure(&error))
        })
    }

    /// Nothing is left to do for this call.
    fn end(&self, state: &Persistent<Object<'static>>) -> Result<(), Failure> {
        self.context.with(|ctx| {
            let ended = self.end.clone().restore(&ctx).and_then(|end| {
                let state = state.clone().restore(&ctx)?;
                end.call((state,))
            });
            ended.catch(&ctx).map_err(|error| self.failure(&error))
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

/// Whether the script gives a mapper, as a module or as the AD/LDAP Connector evaluates a text: by the value of its last
/// expression, or as an expression itself.
fn is_mapper(
    source: &str,
    gives_mapper: impl Fn(&str) -> Result<bool, ScriptError>,
) -> Result<bool, ScriptError> {
    let expression = source.trim_end().trim_end_matches(';');
    let expression = format!("return ({expression}\n)");
    match gives_mapper(source) {
        Ok(true) => return Ok(true),
        Ok(false) => {}
        // A function without a name is no statement.
        Err(error) => {
            return match gives_mapper(&expression) {
                Ok(true) => Ok(true),
                _ => Err(error),
            };
        }
    }
    let text = serde_json::Value::from(source);
    if gives_mapper(&format!("return eval({text})"))? {
        return Ok(true);
    }
    Ok(gives_mapper(&expression).unwrap_or(false))
}

/// An error in one line, with the script's line when the engine knows it.
fn describe(error: &CaughtError<'_>) -> String {
    let text = match error {
        CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let kind = kind_of(exception);
            match exception.stack().as_deref().and_then(place) {
                Some(place) => format!("{kind}{message} ({place})"),
                None => format!("{kind}{message}"),
            }
        }
        CaughtError::Value(value) => text_of(value),
        CaughtError::Error(error) => error.to_string(),
    };
    shortened(&text)
}

/// `ReferenceError: `; nothing of an ordinary one.
fn kind_of(exception: &Exception<'_>) -> String {
    match exception.get::<_, String>("name") {
        Ok(name) if name != "Error" && name != "InternalError" => format!("{name}: "),
        _ => String::new(),
    }
}

/// The first line of a script in a stack: `profileMapper.js:4:12`.
fn place(stack: &str) -> Option<String> {
    stack.lines().find_map(|line| {
        if let Some(at) = line.find("<input>:") {
            return Some(line[at..].trim_end_matches(')').replace("<input>", NAME));
        }
        let end = line.find(".js:").or_else(|| line.find(".cjs:"))?;
        let start = line[..end].rfind(['(', ' ', '@']).map_or(0, |at| at + 1);
        Some(line[start..].trim_end_matches(')').to_owned())
    })
}

fn text_of(value: &Value<'_>) -> String {
    match value.as_string().map(rquickjs::String::to_string) {
        Some(Ok(text)) => text,
        _ => format!("it threw a value of type {}", value.type_name()),
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
