//! What prepares an installation: the signing pair of a first start.

mod signing_pair;

pub use self::signing_pair::{GenerateError, generate_signing_pair};
