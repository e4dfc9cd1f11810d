//! What holds of the files of the project themselves, and commands that read nothing but files: these tests
//! need nothing but the clone.

mod config_command;
mod config_mistakes;
mod documentation;
mod documents;
mod layering;
mod smallest;
