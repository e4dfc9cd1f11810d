//! Values that are one word of several, or some of them.

use std::fmt::Debug;

use serde_json::{Value, json};

use super::{
    super::shape::{Form, Shape, Usual},
    kind::{Kind, list, parsed, shape},
    wrong::Wrong,
};

/// One of several words; two words may mean the same, the first is the one to write.
#[derive(Debug, Clone, Copy)]
pub struct Choice<T: 'static> {
    pub default: T,
    pub words: &'static [(&'static str, T)],
    /// Where the default has no word.
    pub usual: Usual,
}

/// Some of several words, in order.
#[derive(Debug, Clone, Copy)]
pub struct Choices<T: 'static> {
    pub default: &'static [T],
    pub words: &'static [(&'static str, T)],
}

/// Each meaning once, by the word to write.
fn canonical<T: PartialEq>(words: &[(&'static str, T)]) -> Vec<&'static str> {
    let first = |at: usize| words[..at].iter().all(|(_, other)| *other != words[at].1);
    (0..words.len())
        .filter(|at| first(*at))
        .map(|at| words[at].0)
        .collect()
}

fn word_of<T: PartialEq>(words: &[(&'static str, T)], meant: &T) -> Option<&'static str> {
    let found = words.iter().find(|(_, value)| value == meant)?;
    Some(found.0)
}

impl<T: PartialEq + Debug + Copy + Sync> Kind for Choice<T> {
    type Value = T;

    fn shape(&self) -> Shape {
        let words = canonical(self.words);
        let others = self.words.iter().map(|(word, _)| *word);
        let also = others.filter(|word| !words.contains(word)).collect();
        Shape {
            form: Form::Choice { words, also },
            default: Some(self.write(&self.default)).filter(|word| !word.is_null()),
            usual: self.usual,
        }
    }

    fn default(&self) -> T {
        self.default
    }

    fn understand(&self, given: &Value) -> Result<Option<T>, Wrong> {
        let meant = |text: &str| {
            let found = self.words.iter().find(|(word, _)| *word == text)?;
            Some(found.1)
        };
        parsed(given, meant, || Wrong::NotWord {
            words: canonical(self.words),
        })
    }

    fn write(&self, value: &T) -> Value {
        json!(word_of(self.words, value))
    }
}

impl<T: PartialEq + Debug + Copy + Sync> Kind for Choices<T> {
    type Value = Vec<T>;

    fn shape(&self) -> Shape {
        shape(
            Form::Choices(canonical(self.words)),
            self.write(&self.default()),
        )
    }

    fn default(&self) -> Vec<T> {
        self.default.to_vec()
    }

    fn understand(&self, given: &Value) -> Result<Option<Vec<T>>, Wrong> {
        let mut meant = Vec::new();
        let mut others = Vec::new();
        for text in list(given)?.unwrap_or_default() {
            match self.words.iter().find(|(word, _)| *word == text) {
                Some((_, one)) if meant.contains(one) => {}
                Some((_, one)) => meant.push(*one),
                None => others.push(text),
            }
        }
        if others.is_empty() {
            return Ok(Some(meant).filter(|meant| !meant.is_empty()));
        }
        Err(Wrong::NotWords {
            others,
            words: canonical(self.words),
        })
    }

    fn write(&self, value: &Vec<T>) -> Value {
        let words = value.iter().filter_map(|one| word_of(self.words, one));
        json!(words.collect::<Vec<_>>())
    }
}
