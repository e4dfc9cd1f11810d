//! Root in a folder of the service's user: whatever that user plants there, root's commands make, change and
//! tell nothing that the user may not.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use rustix::fs::{
    CWD, Mode, RenameFlags, XattrFlags, mkfifoat, removexattr, renameat_with, setxattr,
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    lab::{
        Lab,
        http::http_get,
        process::Running,
        set_up::{ad_edge, command, words, works},
        stand_in::Tenant,
        wait_for, wait_until,
    },
    service_files::{SERVICE, of_root, tunnel_home},
};

/// What root's files hold, and nobody else may learn.
const SECRET: &str = "U0VDUkVULU9GLVJPT1Q";

/// A folder of the service's, and what is not its user's.
struct Scene {
    home: TempDir,
    /// Root's, and open to all but for its files.
    outside: TempDir,
    /// Root's working folder.
    desk: TempDir,
}

type Facts = BTreeMap<PathBuf, (u32, u32, u32, i64, Vec<u8>)>;

impl Scene {
    fn new() -> Self {
        let [outside, desk] = [(); 2].map(|()| TempDir::new().expect("a folder"));
        let home = tunnel_home(&json!({}));
        let at = outside.path();
        fs::set_permissions(at, Permissions::from_mode(0o755)).expect("set");
        for name in [
            "secret.pem",
            "victim",
            "config.json",
            "cert.pem",
            "extra.pem",
        ] {
            of_root(&at.join(name), format!(r#"{{"SITE_NAME": "{SECRET}"}}"#));
        }
        fs::create_dir(at.join("empty")).expect("a folder");
        let old = at.join("20200101-000000");
        fs::create_dir(&old).expect("a folder");
        fs::write(old.join("kept"), "kept").expect("written");
        Self {
            home,
            outside,
            desk,
        }
    }

    fn at_home(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.outside.path().join(name)
    }

    /// As the service's user would.
    fn plant(&self, name: &str, content: &str) {
        let path = self.at_home(name);
        let mut folders: Vec<_> = Path::new(name).ancestors().skip(1).collect();
        folders.reverse();
        for folder in folders {
            let folder = self.home.path().join(folder);
            if !folder.exists() {
                fs::create_dir(&folder).expect("a folder");
                chown(&folder, Some(SERVICE), Some(SERVICE)).expect("given");
            }
        }
        fs::write(&path, content).expect("written");
        chown(&path, Some(SERVICE), Some(SERVICE)).expect("given");
    }

    fn plant_link(&self, name: &str, to: &Path) {
        let path = self.at_home(name);
        if path.is_dir() {
            fs::remove_dir_all(&path).expect("removed");
        } else if path.exists() {
            fs::remove_file(&path).expect("removed");
        }
        self.plant(name, "");
        fs::remove_file(&path).expect("removed");
        symlink(to, &path).expect("a link");
        lchown(&path, Some(SERVICE), Some(SERVICE)).expect("given");
    }

    fn plant_pipe(&self, name: &str) {
        self.plant(name, "");
        let path = self.at_home(name);
        fs::remove_file(&path).expect("removed");
        mkfifoat(CWD, &path, Mode::from_raw_mode(0o600)).expect("a pipe");
        chown(&path, Some(SERVICE), Some(SERVICE)).expect("given");
    }

    /// All that is not the service's.
    fn facts(&self) -> Facts {
        let mut found = Facts::new();
        facts_of(self.outside.path(), &mut found);
        let above = self.home.path().parent().expect("a folder");
        let meta = fs::metadata(above).expect("there");
        found.insert(
            above.to_owned(),
            (meta.uid(), meta.gid(), meta.mode(), 0, Vec::new()),
        );
        found
    }

    /// Each file of the home folder that root alone should have: its name.
    fn leaked(&self) -> Vec<PathBuf> {
        let mut found = Facts::new();
        facts_of(self.home.path(), &mut found);
        let holds = |content: &[u8]| String::from_utf8_lossy(content).contains(SECRET);
        let foreign = |uid: u32| uid != SERVICE;
        let leaked = found
            .into_iter()
            .filter(|(_, (uid, _, _, _, content))| foreign(*uid) || holds(content));
        leaked.map(|(path, _)| path).collect()
    }
}

/// Without following links.
fn facts_of(at: &Path, found: &mut Facts) {
    let meta = fs::symlink_metadata(at).expect("there");
    let content = if meta.is_file() {
        fs::read(at).expect("read")
    } else {
        Vec::new()
    };
    found.insert(
        at.to_owned(),
        (meta.uid(), meta.gid(), meta.mode(), meta.mtime(), content),
    );
    if meta.is_dir() {
        for entry in fs::read_dir(at).expect("a folder") {
            facts_of(&entry.expect("an entry").path(), found);
        }
    }
}

/// An installation to be imported, in root's hands.
fn archive(desk: &Path) -> PathBuf {
    let file = desk.join("new.zip");
    if !file.exists() {
        let other = tunnel_home(&json!({}));
        let file = file.display().to_string();
        works(&mut ad_edge(other.path(), &["export", &file]));
    }
    file
}

/// Every command that looks at a home folder, with what it needs. Each ends by itself.
fn commands(scene: &Scene, tenant: &Tenant) -> Vec<(&'static str, Command)> {
    let home = scene.home.path();
    let desk = scene.desk.path();
    let zip = archive(desk).display().to_string();
    let out = |name: &str| desk.join(name).display().to_string();
    let _ = fs::remove_dir_all(desk.join("policies"));
    vec![
        ("check", ad_edge(home, &["check"])),
        ("config show", ad_edge(home, &["config", "show"])),
        (
            "import --dry-run",
            ad_edge(home, &["import", &zip, "--dry-run"]),
        ),
        ("export", ad_edge(home, &["export", &out("out.zip")])),
        (
            "balancer",
            ad_edge(home, &["setup", "--balancer", "haproxy"]),
        ),
        (
            "policies",
            ad_edge(home, &["setup", "--browser-policies", &out("policies")]),
        ),
        ("fleet", ad_edge(home, &["fleet"])),
        ("doctor", ad_edge(home, &["doctor"])),
        ("setup", command(home, tenant, &[])),
        ("import", ad_edge(home, &["import", &zip])),
    ]
}

/// Gives what it says; a command that does not end is an error.
fn ended(mut command: Command) -> Result<Output, String> {
    let mut limited = Command::new("timeout");
    limited
        .args(["--signal=KILL", "150"])
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    for (key, value) in command.env("OPS_LISTEN", "127.0.0.1:9").get_envs() {
        limited.env(key, value.unwrap_or_default());
    }
    let output = limited.output().expect("timeout");
    if output
        .status
        .code()
        .is_none_or(|code| code == 124 || code == 137)
    {
        return Err(format!("it does not end: {}", words(&output)));
    }
    Ok(output)
}

/// Runs every command over what was planted; gives what went wrong.
fn attack(what: &str, plant: impl Fn(&Scene) + Sync) -> Vec<String> {
    let tenant = Tenant::by_address();
    let scenes = commands(&Scene::new(), &tenant).len();
    let (tenant, plant) = (&tenant, &plant);
    thread::scope(|scope| {
        let runs = (0..scenes).map(|at| scope.spawn(move || attack_one(what, plant, tenant, at)));
        let runs: Vec<_> = runs.collect();
        let wrong = runs
            .into_iter()
            .flat_map(|run| run.join().expect("it ends"));
        wrong.collect()
    })
}

/// The same of one command.
fn attack_one(
    what: &str,
    plant: &(impl Fn(&Scene) + Sync),
    tenant: &Tenant,
    at: usize,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let scene = Scene::new();
    plant(&scene);
    let before = scene.facts();
    let (name, command) = commands(&scene, tenant).remove(at);
    let output = match ended(command) {
        Ok(output) => output,
        Err(error) => return vec![format!("{what}, {name}: {error}")],
    };
    let said = words(&output);
    if said.contains(SECRET) {
        wrong.push(format!("{what}, {name}: told: {said}"));
    }
    if said.contains("panicked") {
        wrong.push(format!("{what}, {name}: {said}"));
    }
    let after = scene.facts();
    if after != before {
        let changed: Vec<_> = after
            .iter()
            .filter(|(path, facts)| before.get(*path) != Some(facts))
            .map(|(path, _)| path)
            .chain(before.keys().filter(|path| !after.contains_key(*path)))
            .collect();
        wrong.push(format!("{what}, {name}: changed {changed:?}; {said}"));
    }
    let leaked = scene.leaked();
    if !leaked.is_empty() {
        wrong.push(format!("{what}, {name}: in the folder {leaked:?}; {said}"));
    }
    if let Ok(file) = fs::File::open(scene.desk.path().join("out.zip")) {
        let mut zip = zip::ZipArchive::new(file).expect("a zip");
        for index in 0..zip.len() {
            let content = std::io::read_to_string(zip.by_index(index).expect("a file"));
            if content.is_ok_and(|content| content.contains(SECRET)) {
                wrong.push(format!("{what}, {name}: a file of root's is in the zip"));
            }
        }
    }
    wrong
}

fn nothing_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_planted_journal_leads_nowhere() {
    let journal = |scene: &Scene, were_there: &[&Path], are_new: &[&Path], folders: &[&Path]| {
        let journal = json!({
            "backup": "backups/20260101-000000",
            "were_there": were_there, "are_new": are_new, "new_folders": folders,
        });
        scene.plant(".import.json", &journal.to_string());
    };
    let mut wrong = attack("a journal with paths", |scene| {
        scene.plant("backups/20260101-000000/config.json", "{}");
        let out = scene.outside("");
        let [victim, new, empty] = ["victim", "secret.pem", "empty"].map(|name| out.join(name));
        journal(scene, &[&victim], &[&new], &[&empty]);
    });
    wrong.extend(attack("a journal that goes up", |scene| {
        let out = scene.outside.path().file_name().expect("a name");
        let up = Path::new("../").join(out);
        // The copy of ../OUT/victim in backups/20260101-000000 is backups/OUT/victim.
        scene.plant("backups/20260101-000000/x", "");
        let copy = Path::new("backups").join(out).join("victim");
        scene.plant(&copy.to_string_lossy(), "planted");
        let [victim, new, empty] = ["victim", "secret.pem", "empty"].map(|name| up.join(name));
        journal(scene, &[&victim], &[&new], &[&empty]);
    }));
    wrong.extend(attack("a journal over a linked folder", |scene| {
        scene.plant("backups/20260101-000000/lib/victim", "planted");
        scene.plant_link("lib", scene.outside.path());
        let [victim, new] = ["lib/victim", "lib/secret.pem"].map(Path::new);
        journal(scene, &[victim], &[new], &[Path::new("lib/empty")]);
    }));
    nothing_wrong(&wrong);
}

#[test]
fn a_planted_link_leads_nowhere() {
    let mut wrong = Vec::new();
    for (name, to) in [
        ("backups", ""),
        ("certs", ""),
        ("lib", ""),
        ("certs/crl", ""),
        ("certs/extra.pem", "extra.pem"),
        ("certs/cert.pem", "cert.pem"),
        ("certs/cert.pem", "none/at/all"),
        ("config.json", "config.json"),
        (".import.json", "config.json"),
        ("logo.svg", "secret.pem"),
        ("lib/profileMapper.js", "secret.pem"),
    ] {
        wrong.extend(attack(&format!("{name} is a link to {to:?}"), |scene| {
            scene.plant_link(name, &scene.outside(to));
        }));
    }
    nothing_wrong(&wrong);
}

#[test]
fn a_pipe_in_place_of_a_file_holds_nobody_up() {
    let mut wrong = Vec::new();
    for name in [
        "config.json",
        ".import.json",
        "certs/extra.pem",
        "lib/profileMapper.js",
    ] {
        wrong.extend(attack(&format!("{name} is a pipe"), |scene| {
            scene.plant_pipe(name);
        }));
    }
    wrong.extend(attack("SSL_CA_FILE and a secret name pipes", |scene| {
        scene.plant_pipe("certs/ca.pem");
        let text = fs::read_to_string(scene.at_home("config.json")).expect("read");
        let text = text.replacen(
            '{',
            r#"{"SSL_CA_FILE": "certs/ca.pem", "LDAP_BIND_PASSWORD_FILE": "certs/ca.pem","#,
            1,
        );
        scene.plant("config.json", &text);
    }));
    nothing_wrong(&wrong);
}

/// What its configuration names is read with the rights of the folder's owner.
#[test]
fn a_configuration_reads_no_file_of_root_s() {
    let wrong = attack("keys that name files of root's", |scene| {
        let text = fs::read_to_string(scene.at_home("config.json")).expect("read");
        let secret = scene.outside("secret.pem").display().to_string();
        let text = text.replacen(
            '{',
            &format!(
                r#"{{"SITE_NAME_FILE": "{secret}", "LDAP_BIND_PASSWORD_FILE": "{secret}",
                 "PROFILE_MAPPER_FILE": "{secret}", "SSL_CA_FILE": "{secret}","#
            ),
            1,
        );
        scene.plant("config.json", &text);
    });
    nothing_wrong(&wrong);
}

/// The owner exchanges a folder and a link to elsewhere again and again, while root works.
#[test]
fn a_folder_that_is_swapped_for_a_link_leads_nowhere() {
    let tenant = Tenant::by_address();
    for name in ["certs", "backups", "lib"] {
        let scene = Scene::new();
        scene.plant("backups/20200101-000000/config.json", "{}");
        scene.plant("lib/profileMapper.js", "module.exports = (raw) => ({});");
        scene.plant_link("swapped", scene.outside.path());
        let before = scene.facts();
        let (over, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
        let mut told = String::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                let (one, other) = (scene.at_home(name), scene.at_home("swapped"));
                while !over.load(Ordering::Relaxed) {
                    renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).expect("swapped");
                    swaps.fetch_add(1, Ordering::Relaxed);
                }
            });
            for _ in 0..6 {
                for (name, command) in commands(&scene, &tenant) {
                    if ["setup", "import", "check", "export"].contains(&name) {
                        told += &words(&ended(command).expect("it ends"));
                    }
                }
            }
            over.store(true, Ordering::Relaxed);
        });
        assert!(swaps.into_inner() > 1000);
        assert_eq!(scene.facts(), before, "{name}: {told}");
        assert!(scene.leaked().is_empty(), "{name}: {:?}", scene.leaked());
        assert!(!told.contains(SECRET), "{told}");
    }
}

/// Of a folder in which nothing is wrong: everything works for root, and belongs to whom it should.
#[test]
fn root_runs_every_command_in_a_service_s_folder() {
    let (scene, tenant) = (Scene::new(), Tenant::by_address());
    // Files that root alone can read, in a folder that it alone may pass.
    let desk = scene.desk.path();
    fs::set_permissions(desk, Permissions::from_mode(0o700)).expect("set");
    let ca = desk.join("ca.pem");
    of_root(&ca, fs::read(Lab::get().ca()).expect("the lab's CA"));
    let password = desk.join("password");
    of_root(&password, &Lab::get().password);
    let of_lab = |from: &Path, name: &str| {
        let file = desk.join(name);
        of_root(&file, fs::read(from).expect("a file of the lab"));
        file.display().to_string()
    };
    let keytab = of_lab(&Lab::get().keytab(), "http.keytab");
    let certificate = of_lab(&Lab::get().state.join("pki/login.pem"), "login.pem");
    let key = of_lab(&Lab::get().state.join("pki/login.key"), "login.key");
    let (ca, password) = (ca.display().to_string(), password.display().to_string());
    let options = [
        ("--ca-file", ca.as_str()),
        ("--bind-password-file", &password),
        ("--keytab", &keytab),
        ("--certificate", &certificate),
        ("--key", &key),
    ];
    let mut set_up = command(scene.home.path(), &tenant, &options);
    works(set_up.env_remove("LDAP_BIND_PASSWORD"));
    for (name, command) in commands(&scene, &tenant) {
        let output = ended(command).expect("it ends");
        let told = words(&output);
        match name {
            // Nobody serves here, nor knows the name.
            "fleet" => {}
            "doctor" => {
                let mut wrong = told.lines().filter(|line| line.starts_with("FAIL"));
                assert!(wrong.all(|line| line.starts_with("FAIL  dns")), "{told}");
                assert!(
                    told.contains("can read what the configuration names"),
                    "{told}"
                );
            }
            _ => assert!(output.status.success(), "{name}: {told}"),
        }
    }
    assert!(scene.leaked().is_empty(), "{:?}", scene.leaked());
    for name in ["out.zip", "policies"] {
        let meta = fs::metadata(desk.join(name)).expect(name);
        assert_eq!(meta.uid(), 0, "{name}");
    }
    let mode = fs::metadata(desk.join("out.zip")).expect("there").mode();
    assert_eq!(mode & 0o777, 0o600);
    // A folder of root's as the source, which holds a file that nobody else may read.
    let copy = desk.join("copy");
    let copied = Command::new("cp")
        .arg("-rL")
        .args([scene.home.path(), &copy])
        .status();
    assert!(copied.expect("cp").success());
    let said = works(&mut ad_edge(
        scene.home.path(),
        &["import", &copy.display().to_string()],
    ));
    assert!(said.contains("files were taken"), "{said}");
    // Not through a link in it.
    fs::remove_file(copy.join("certs/cert.pem")).expect("removed");
    symlink(scene.outside("secret.pem"), copy.join("certs/cert.pem")).expect("a link");
    let output = ad_edge(scene.home.path(), &["import", &copy.display().to_string()])
        .output()
        .expect("ad-edge");
    assert!(words(&output).contains("is a link"), "{}", words(&output));
    assert!(scene.leaked().is_empty(), "{:?}", scene.leaked());
}

/// Of `/proc/PID/status`: who it is, and what it may.
fn status(pid: u32) -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| {
            let words = value.split_whitespace().map(str::to_owned);
            (name.to_owned(), words.collect())
        })
        .collect()
}

#[test]
fn serve_by_root_is_the_owner_s_and_may_only_open_low_ports() {
    let scene = Scene::new();
    let (lab, log) = (Lab::get(), scene.desk.path().join("log"));
    let ops_port = lab.free_port();
    let mut serve = ad_edge(scene.home.path(), &["serve"]);
    serve
        .env("OPS_LISTEN", format!("{}:{ops_port}", lab.address))
        .env("ADMIN_LISTEN", "off");
    let service = Running::start(&mut serve, &log);
    wait_until(Duration::from_secs(20), "it does not serve", || {
        http_get(&lab.address, ops_port, "/livez").is_some()
    });
    let tasks = fs::read_dir(format!("/proc/{}/task", service.pid())).expect("it runs");
    let mut count = 0;
    for task in tasks {
        let task = task.expect("a thread").file_name();
        let status = status(task.to_string_lossy().parse().expect("a number"));
        let service = SERVICE.to_string();
        assert_eq!(status["Uid"], vec![service.clone(); 4]);
        assert_eq!(status["Gid"], vec![service; 4]);
        assert!(status["Groups"].iter().all(|group| group != "0"));
        for set in ["CapPrm", "CapEff"] {
            assert_eq!(
                u64::from_str_radix(&status[set][0], 16),
                Ok(1 << 10),
                "{set}"
            );
        }
        for set in ["CapInh", "CapAmb"] {
            assert_eq!(u64::from_str_radix(&status[set][0], 16), Ok(0), "{set}");
        }
        assert_eq!(status["NoNewPrivs"], ["1"]);
        count += 1;
    }
    assert!(count > 1, "threads");
}

/// While a question waits at a terminal, the process is the owner's.
#[test]
fn a_set_up_by_root_asks_as_the_owner_and_cannot_be_traced_by_it() {
    let (scene, tenant) = (Scene::new(), Tenant::by_address());
    // A directory server that is silent holds it up.
    let silent = std::net::TcpListener::bind((Lab::get().address.as_str(), 0)).expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let url = format!("ldaps://{}:{port}", Lab::get().address);
    let mut waits = command(scene.home.path(), &tenant, &[("--ldap-url", &url)]);
    let set_up = Running::start(&mut waits, &scene.desk.path().join("log"));
    silent.set_nonblocking(true).expect("set");
    let _held = wait_for(Duration::from_secs(20), "nobody connects", || {
        silent.accept().ok()
    });
    let status = status(set_up.pid());
    assert_eq!(status["Uid"], vec![SERVICE.to_string(); 4]);
    assert_eq!(u64::from_str_radix(&status["CapPrm"][0], 16), Ok(0));
    // Its memory holds what only root could read.
    let owner = fs::metadata(format!("/proc/{}/mem", set_up.pid())).expect("there");
    assert_eq!(owner.uid(), 0, "the owner may trace it");
}

const ACCESS_LIST: &str = "system.posix_acl_access";

/// As `setfacl -m u:USER:rwx` does.
fn may_write_by_list(path: &Path, user: u32) {
    let entry = |tag: u16, rights: u16, whose: u32| {
        let (tag, rights) = (tag.to_le_bytes(), rights.to_le_bytes());
        [&tag[..], &rights, &whose.to_le_bytes()].concat()
    };
    let list = [
        2_u32.to_le_bytes().to_vec(),
        entry(0x01, 7, u32::MAX),
        entry(0x02, 7, user),
        entry(0x04, 5, u32::MAX),
        entry(0x10, 7, u32::MAX),
        entry(0x20, 5, u32::MAX),
    ];
    setxattr(path, ACCESS_LIST, &list.concat(), XattrFlags::empty()).expect("set");
}

#[test]
fn a_folder_of_root_s_that_others_may_change_is_refused() {
    let home = tunnel_home(&json!({}));
    let give = |path: &Path, uid: u32, mode: u32| {
        chown(path, Some(uid), Some(uid)).expect("given");
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
    };
    let [config, certs, cert, key] =
        ["config.json", "certs", "certs/cert.pem", "certs/cert.key"].map(|n| home.path().join(n));
    for path in [&config, &cert, &key] {
        give(path, 0, 0o600);
    }
    give(&certs, 0, 0o755);
    give(home.path(), 0, 0o755);
    // All root's: it stays root.
    works(&mut ad_edge(home.path(), &["check"]));
    let refused = |path: &Path| {
        let output = ad_edge(home.path(), &["check"]).output().expect("ad-edge");
        let said = words(&output);
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(&path.display().to_string()), "{said}");
        assert!(said.contains("chmod go-w"), "{said}");
    };
    give(home.path(), 0, 0o777);
    refused(home.path());
    give(home.path(), 0, 0o755);
    give(&config, 0, 0o666);
    refused(&config);
    give(&config, 0, 0o600);
    // The service's user is named in an access list (acl(5)): mode and group stay root's.
    for path in [home.path(), &certs, &config] {
        let before = fs::metadata(path).expect("there").mode();
        may_write_by_list(path, SERVICE);
        let meta = fs::metadata(path).expect("there");
        assert_eq!((meta.uid(), meta.gid()), (0, 0));
        refused(path);
        // As the refusal says.
        give(path, 0, before & 0o757);
        works(&mut ad_edge(home.path(), &["check"]));
        removexattr(path, ACCESS_LIST).expect("removed");
        give(path, 0, before & 0o777);
    }
    // Somebody else's folder, in the place of a service's.
    let above = TempDir::new().expect("a folder");
    fs::set_permissions(above.path(), Permissions::from_mode(0o755)).expect("set");
    let [own, other, third] = ["own", "other", "third"].map(|name| above.path().join(name));
    for (folder, user) in [(&own, SERVICE), (&other, 0), (&third, SERVICE + 1)] {
        fs::create_dir(folder).expect("a folder");
        give(folder, user, 0o755);
    }
    for to in [&other, &third] {
        let link = own.join("home");
        symlink(to, &link).expect("a link");
        for command in ["check", "export"] {
            let output = ad_edge(&link, &[command]).output().expect("ad-edge");
            let said = words(&output);
            assert_eq!(output.status.code(), Some(64), "{said}");
            assert!(said.contains("put something else in its place"), "{said}");
        }
        fs::remove_file(&link).expect("removed");
    }
    // What is in it is the service's: then root is that user.
    give(&certs, SERVICE, 0o700);
    let output = ad_edge(home.path(), &["check"]).output().expect("ad-edge");
    let said = words(&output);
    assert!(said.contains("user 4711"), "{said}");
    assert!(said.contains("config.json"), "cannot be read: {said}");
}

#[test]
fn a_new_home_folder_is_for_its_user_alone() {
    let (desk, above) = (
        TempDir::new().expect("a folder"),
        TempDir::new().expect("one"),
    );
    let zip = archive(desk.path()).display().to_string();
    let at = |home: &Path| {
        works(&mut ad_edge(home, &["import", &zip]));
        let meta = fs::metadata(home).expect("there");
        (meta.uid(), meta.mode() & 0o777)
    };
    assert_eq!(at(&above.path().join("root-s")), (0, 0o700));
    chown(above.path(), Some(SERVICE), Some(SERVICE)).expect("given");
    assert_eq!(at(&above.path().join("service-s")), (SERVICE, 0o700));
}

/// The loader tells each process that is started with a library in its environment that is not there.
#[test]
fn a_process_of_root_s_own_has_nothing_of_its_environment_but_keys() {
    let scene = Scene::new();
    let at = |name: &str| scene.desk.path().join(name).display().to_string();
    for (arguments, address) in [
        (&["export", &at("out.zip")][..], None),
        (
            &["setup", "--browser-policies", &at("policies")],
            Some("https://other.corp.example"),
        ),
    ] {
        let mut command = ad_edge(scene.home.path(), arguments);
        command.env("LD_PRELOAD", "/nowhere/at-all.so");
        if let Some(address) = address {
            command
                .env("SERVER_URL", address)
                .env("KERBEROS_AUTH", "true");
        }
        let said = works(&mut command);
        assert_eq!(said.matches("at-all.so").count(), 1, "{said}");
    }
    let policy = "policies/etc/chromium/policies/managed/ad-edge.json";
    let policy = fs::read_to_string(at(policy)).expect("a policy");
    assert!(policy.contains("other.corp.example"), "a key: {policy}");
}
