//! What a copy of the process's memory would tell, and who may take one.

use std::{fs, os::unix::fs::MetadataExt as _, process::Command, time::Duration};

use crate::lab::{Lab, instance::Instance, run_with_input, wait_until};

/// A connection to the directory is kept for a moment, and with it the last password.
const LIMIT: Duration = Duration::from_secs(25);

/// Counts a text in the memory that a process may write to.
const COUNT: &str = r#"
import re, sys
pid, text = sys.argv[1], sys.argv[2].encode()
count = 0
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        begin, end = (int(at, 16) for at in line.split()[0].split("-"))
        if line.split()[1].startswith("rw"):
            try:
                memory.seek(begin)
                count += len(re.findall(re.escape(text), memory.read(end - begin)))
            except OSError:
                pass  # given back just now
print(count)
"#;

fn copies(instance: &Instance, text: &str) -> u32 {
    let pid = instance.process.pid().to_string();
    let mut search = Command::new("/usr/bin/python3");
    let counted = run_with_input(search.args(["-", &pid, text]), COUNT);
    counted.trim().parse().expect("a number")
}

#[test]
fn no_password_is_in_memory_after_a_login() {
    let (password, refused) = ("Wiped-After-Use-4711", "Refused-And-Wiped-4711");
    let (lab, user) = (Lab::get(), "wiped");
    lab.add_user(user, "");
    lab.samba_tool(&[
        "user",
        "setpassword",
        user,
        &format!("--newpassword={password}"),
    ]);
    let instance = Instance::start();
    for (path, sent, status) in [
        ("/wsfed?wtrealm=urn:auth0:corp&wctx=c", password, 200),
        ("/wsfed?wtrealm=urn:auth0:corp&wctx=c", refused, 401),
    ] {
        let response = instance
            .curl(path)
            .form([("username", user), ("password", sent)])
            .run();
        assert_eq!(response.status, status, "{}", response.body);
    }
    // The search finds what is there.
    assert!(copies(&instance, "login.corp.example") > 0);
    for sent in [password, refused] {
        wait_until(LIMIT, &format!("{sent} is in memory"), || {
            copies(&instance, sent) == 0
        });
    }
}

#[test]
fn nobody_but_root_may_look_into_the_process() {
    let instance = Instance::builder().under(&[
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]);
    let home = instance.home();
    let above = home.parent().expect("a folder");
    run_with_input(
        Command::new("chown").args(["-R", "65534:65534"]).arg(above),
        "",
    );
    let instance = instance.start();
    // Root's, in place of the service's user's (ptrace(2), "Ptrace access mode checking"; proc(5)).
    let memory = fs::metadata(format!("/proc/{}/mem", instance.process.pid())).expect("it runs");
    assert_eq!(memory.uid(), 0);
}
