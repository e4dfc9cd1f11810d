//! What holds of the files of the project themselves: these tests need nothing but the clone.

mod documentation;
mod documents;
mod layering;
