//! What panics begins again; and nothing runs beside that unless it is known why.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

#[tokio::test]
async fn a_task_begins_again_after_each_panic_and_ends_by_itself() {
    let (metrics, runs) = (Arc::new(Metrics::new()), AtomicU32::new(0));
    let supervisor = Supervisor {
        task: Task::Tunnel,
        metrics: Arc::clone(&metrics),
        backoff: Backoff::new(Duration::from_millis(1), Duration::from_millis(5)),
    };
    repeat(supervisor, || {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        // One that panics before there is a future, too.
        assert!(run != 0, "on purpose");
        async move {
            tokio::task::yield_now().await;
            assert!(run >= 3, "on purpose");
        }
    })
    .await;
    assert_eq!(runs.into_inner(), 4);
    let restarts = |task| metrics.task_restarts.with_label_values(&[task]).get();
    assert_eq!(restarts("tunnel"), 3);
    assert_eq!(restarts("main"), 0);
}

/// Where something is spawned, how often, and why a panic in it costs no more than that.
const SPAWNS: [(&str, usize, &str); 23] = [
    ("accept/run.rs", 3, "a connection, which ends with its task"),
    (
        "authenticate/kerberos/worker.rs",
        1,
        "a thread, which catches the panics of its jobs",
    ),
    (
        "cli/exit.rs",
        1,
        "what wakes idle workers, without which memory is given back later",
    ),
    ("cli/memory.rs", 1, "nothing but a worker's awakening"),
    ("cli/own_child.rs", 1, "a process, whose end is awaited"),
    ("console/program.rs", 1, "a change, whose end is awaited"),
    ("console/unconfigured.rs", 2, "supervised"),
    (
        "directory/binds.rs",
        1,
        "the end of an idle connection, which the next login sees to otherwise",
    ),
    (
        "directory/connect.rs",
        1,
        "what passes between a server and a connection, whose end is seen by the one who reads it",
    ),
    (
        "directory/connection.rs",
        1,
        "a connection, whose guard tells its end",
    ),
    (
        "directory/graph.rs",
        1,
        "a renewal, which the next login begins anew",
    ),
    (
        "directory/groups.rs",
        1,
        "a renewal, which the next login begins anew",
    ),
    ("directory/mod.rs", 1, "supervised"),
    ("directory/servers.rs", 1, "supervised"),
    ("instance/reload.rs", 1, "supervised"),
    ("lifecycle/mod.rs", 1, "what the others call"),
    ("login/mod.rs", 1, "a password check, whose end is awaited"),
    (
        "profile/script/mod.rs",
        1,
        "the look at a late thread, which is one of some until it comes back",
    ),
    (
        "profile/script/pool.rs",
        1,
        "a thread, which catches the panics of its jobs",
    ),
    ("serve/run.rs", 4, "supervised"),
    (
        "telemetry/queue.rs",
        1,
        "the log's thread, which catches its panics",
    ),
    ("tunnel/mod.rs", 1, "supervised"),
    (
        "tunnel/request.rs",
        1,
        "a request, which the hub asks again elsewhere",
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !name.contains("test")
            && !name.contains("models")
            // Neither is a part of the program.
            && !["fixture.rs", "fuzz.rs"].contains(&&*name)
        {
            found.push(path);
        }
    }
}

#[test]
fn nothing_is_spawned_unless_it_is_known_what_its_panic_costs() {
    let (root, mut files) = (
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        Vec::new(),
    );
    sources(&root, &mut files);
    let mut found = BTreeMap::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a source file");
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .expect("code");
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let count: usize = code
            .map(|line| line.matches("spawn(").count() - line.matches("fn spawn(").count())
            .sum();
        if count > 0 {
            let name = path.strip_prefix(&root).expect("below it");
            found.insert(name.display().to_string(), count);
        }
    }
    let known: BTreeMap<_, _> = SPAWNS
        .iter()
        .map(|(file, count, _)| ((*file).to_owned(), *count))
        .collect();
    assert_eq!(
        found, known,
        "supervise it (lifecycle::supervised), or say here why not"
    );
    for (file, _, why) in SPAWNS {
        let path = root.join(file);
        let text = fs::read_to_string(path).expect("a source file");
        assert!(
            why != "supervised" || text.contains("supervised("),
            "{file}"
        );
    }
}
