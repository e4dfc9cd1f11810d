//! All integration tests, a module per behaviour. Those on the lab need `tests/run.sh`.

mod lab;

mod layering;
