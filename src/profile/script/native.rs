//! What the mapper's surroundings need of Rust: bytes as text and back, hashes, addresses, modules, the log.

use std::{rc::Rc, sync::Arc};

use aws_lc_rs::digest;
use base64::{
    Engine as _, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
    },
};
use md5::{Digest as _, Md5};
use rquickjs::{Ctx, Exception, Function, Object, TypedArray, prelude::Func};
use url::Url;

use super::{
    compile::{Limits, compiled, shortened},
    modules::Modules,
};
use crate::telemetry::event;

/// Lines that one call may log.
const MAX_LOG_LINES: u32 = 20;
/// As Node.js reads it: with or without padding, whatever the last letter's unused bits are.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn native<'js>(
    ctx: &Ctx<'js>,
    limits: &Rc<Limits>,
    modules: &Arc<Modules>,
) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set("encode", Func::from(encode))?;
    native.set("decode", Func::from(decode))?;
    native.set("digest", Func::from(hash))?;
    native.set("random", Func::from(random))?;
    native.set("url", Func::from(address))?;
    native.set("compile", Func::from(compile))?;
    let modules = Arc::clone(modules);
    native.set(
        "module",
        Func::from(move |from: String, name: String| -> Option<Vec<String>> {
            let (file, text) = modules.load(&from, &name)?;
            Some(vec![file, text])
        }),
    )?;
    let limits = Rc::clone(limits);
    native.set(
        "log",
        Func::from(move |level: String, text: String| {
            let lines = limits.log_lines.get();
            limits.log_lines.set(lines.saturating_add(1));
            if lines < MAX_LOG_LINES && !limits.is_quiet.get() {
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
fn bytes_of(latin1: &str) -> Vec<u8> {
    let byte = |character: char| u8::try_from(u32::from(character)).unwrap_or(b'?');
    latin1.chars().map(byte).collect()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a function for JavaScript takes its arguments by value"
)]
fn encode(ctx: Ctx<'_>, latin1: String, encoding: String) -> rquickjs::Result<String> {
    let bytes = bytes_of(&latin1);
    match encoding.as_str() {
        "base64" => Ok(STANDARD.encode(bytes)),
        "hex" => Ok(hex::encode(bytes)),
        "utf8" => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        _ => Err(unknown_encoding(&ctx, &encoding)),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a function for JavaScript takes its arguments by value"
)]
fn decode(ctx: Ctx<'_>, text: String, encoding: String) -> rquickjs::Result<TypedArray<'_, u8>> {
    let bytes = match encoding.as_str() {
        "base64" => LENIENT.decode(&text).unwrap_or_default(),
        "hex" => hex::decode(&text).unwrap_or_default(),
        "utf8" => text.into_bytes(),
        _ => return Err(unknown_encoding(&ctx, &encoding)),
    };
    TypedArray::new(ctx, bytes)
}

fn unknown_encoding(ctx: &Ctx<'_>, encoding: &str) -> rquickjs::Error {
    Exception::throw_type(ctx, &format!("Unknown encoding: {encoding}"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a function for JavaScript takes its arguments by value"
)]
fn hash(ctx: Ctx<'_>, algorithm: String, latin1: String) -> rquickjs::Result<TypedArray<'_, u8>> {
    let bytes = bytes_of(&latin1);
    let algorithm = match algorithm.as_str() {
        "md5" => return TypedArray::new(ctx, Md5::digest(&bytes).to_vec()),
        "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha224" => &digest::SHA224,
        "sha256" => &digest::SHA256,
        "sha384" => &digest::SHA384,
        "sha512" => &digest::SHA512,
        "sha512-256" => &digest::SHA512_256,
        other => {
            let what = format!("Digest method not supported: {other}");
            return Err(Exception::throw_message(&ctx, &what));
        }
    };
    TypedArray::new(ctx, digest::digest(algorithm, &bytes).as_ref())
}

/// The prelude asks for 64 KiB at most.
fn random(ctx: Ctx<'_>, size: f64) -> rquickjs::Result<TypedArray<'_, u8>> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is cut to what is allowed"
    )]
    let mut bytes = vec![0; size.clamp(0.0, 65_536.0) as usize];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Exception::throw_message(&ctx, "there is no randomness"))?;
    TypedArray::new(ctx, bytes)
}

/// The parts of an address as a list in JSON; nothing when it is none.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a function for JavaScript takes its arguments by value"
)]
fn address(text: String, base: Option<String>) -> Option<String> {
    let url = match base {
        Some(base) => Url::parse(&base).ok()?.join(&text).ok()?,
        None => Url::parse(&text).ok()?,
    };
    let marked = |mark: char, text: Option<&str>| match text {
        None | Some("") => String::new(),
        Some(text) => format!("{mark}{text}"),
    };
    let parts = [
        url.as_str().to_owned(),
        format!("{}:", url.scheme()),
        url.username().to_owned(),
        url.password().unwrap_or_default().to_owned(),
        url.host_str().unwrap_or_default().to_owned(),
        url.port().map(|port| port.to_string()).unwrap_or_default(),
        url.path().to_owned(),
        marked('?', url.query()),
        marked('#', url.fragment()),
        url.origin().ascii_serialization(),
    ];
    serde_json::to_string(&parts).ok()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a function for JavaScript takes its arguments by value"
)]
fn compile(ctx: Ctx<'_>, text: String, name: String) -> rquickjs::Result<Function<'_>> {
    compiled(&ctx, &text, &name)
}
