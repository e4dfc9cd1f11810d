//! The names of events: a log line that an operator, an alert or a test looks for has a field `event`
//! with one of them. Sentences may change; a name stays.
//!
//! A name is its subject, a dot, and what happened. Each is declared here once, with its levels, what
//! it means and what to do; `deploy/events.md` is written from that (see the tests).

/// Declares each event as a constant, and all of them as a table for the tests and the documentation.
macro_rules! events {
    ($($constant:ident = $name:literal, $($level:ident)|+, $means:literal, $to_do:literal;)+) => {
        $(#[doc = $means] pub const $constant: &str = $name;)+

        #[cfg(test)]
        pub(super) const EVENTS: &[super::event_tests::Declared] = &[
            $(super::event_tests::Declared {
                constant: stringify!($constant),
                name: $name,
                levels: &[$(stringify!($level)),+],
                means: $means,
                to_do: $to_do,
            },)+
        ];
    };
}

events! {
    // The program as a whole.
    PROGRAM_STARTED = "program.started", INFO,
        "The program starts; the line says its version, the instance's name and the signing certificate.",
        "Nothing.";
    PROGRAM_REFUSED = "program.refused", ERROR,
        "The program cannot start, and ends.",
        "Correct what the line says; `ad-edge check` says all that is wrong at once.";
    PROGRAM_DRAINING = "program.draining", INFO,
        "The end was asked for: open requests are finished, new ones go to other instances.",
        "Nothing.";
    PROGRAM_ENDED = "program.ended", INFO,
        "The program ends; `cut` says how many requests were not finished.",
        "When `cut` is above 0: raise SHUTDOWN_SECONDS.";
    PROGRAM_PANICKED = "program.panicked", ERROR,
        "A fault of the program, at the place in its source that the line names. What it was doing then failed; all else goes on. Counted by `ad_edge_panics_total`.",
        "Please report it.";
    TASK_PANICKED = "task.panicked", ERROR,
        "A task that must run has panicked and begins again after a pause of `ms` milliseconds; `task` says which. Counted by `ad_edge_task_restarts_total`.",
        "Please report it, with the line `program.panicked` before it.";
    LOG_DROPPED = "log.dropped", WARN,
        "Nobody read the log fast enough, or it could not be written: lines were dropped, others before audit lines. Nothing else waited for it. Counted by `ad_edge_log_lines_dropped_total`.",
        "Look at what takes the log: the journal, the container's log driver, the disk, a terminal that is held.";
    CONFIG_WARNING = "config.warning", WARN,
        "A key of the configuration is accepted, and is probably a mistake.",
        "Correct the key that the line names.";
    FILE_WARNING = "file.warning", WARN,
        "A certificate or another file is used, and has or will soon have a problem.",
        "Replace the file that the line names.";
    SIGNING_KEY_MADE = "signing_key.made", WARN,
        "There was no signing key: a key and a certificate for it were made.",
        "Give the certificate to the tenant, and copy both files to every other instance.";

    // Reading configuration and files again.
    RELOAD_FILES_CHANGED = "reload.files_changed", INFO,
        "Files in use have changed; they are read again.",
        "Nothing.";
    RELOAD_FILE_DONE = "reload.file_done", INFO,
        "A file was read again and is in use; `file` is certificate, keytab, mapper or client_ca.",
        "Nothing.";
    RELOAD_FILE_REFUSED = "reload.file_refused", ERROR,
        "A changed file cannot be used; the old content stays in use.",
        "Correct the file; it is read again when it changes, and on SIGHUP.";
    RELOAD_DONE = "reload.done", INFO,
        "A new configuration is in use.",
        "Nothing.";
    RELOAD_REFUSED = "reload.refused", ERROR,
        "A new configuration cannot be used; the old one stays in use.",
        "Correct what the line says, then send SIGHUP or save again.";
    RELOAD_RESTART_NEEDED = "reload.restart_needed", WARN,
        "Keys have changed that this process cannot change while it runs.",
        "Restart the instance.";
    RELOAD_WATCH_FAILED = "reload.watch_failed", WARN,
        "Changed files are not noticed.",
        "Send SIGHUP after each change; look for the limit of inotify watches.";

    // Connections.
    ACCEPT_LISTENING = "accept.listening", INFO,
        "Direct logins are served on PORT; the line says by which methods.",
        "Nothing.";
    ACCEPT_IPV4_ONLY = "accept.ipv4_only", INFO,
        "The machine has no IPv6, so PORT is served on IPv4 only.",
        "Nothing.";
    BALANCER_MISMATCH = "balancer.mismatch", ERROR,
        "The balancer and this instance disagree, so that users may see a broken connection; `reason` says about what.",
        "Do what `remedy` says. Counted by `ad_edge_balancer_mismatches_total`, shown by /readyz on OPS_LISTEN and by the console.";
    ACCEPT_SOCKET_REFUSED = "accept.socket_refused", WARN,
        "A socket that the service manager passed on is not a TCP listener.",
        "Give a port to ListenStream= in the socket unit.";
    ACCEPT_SOCKET_UNUSED = "accept.socket_unused", WARN,
        "A socket that the service manager passed on is not served.",
        "Give one ListenStream= for each of PORT, OPS_LISTEN and ADMIN_LISTEN.";
    ACCEPT_CONNECTIONS_LIMITED = "accept.connections_limited", WARN,
        "The limit of open files allows fewer connections than MAX_CONNECTIONS.",
        "Raise LimitNOFILE, or lower MAX_CONNECTIONS.";
    ACCEPT_FULL = "accept.full", WARN,
        "All connections that MAX_CONNECTIONS allows are open. For a new one, the longest idle one of the network that holds most is closed; `network` and `holds` say whose.",
        "Let the balancer limit that network, or block it. When it is your users', raise MAX_CONNECTIONS or add an instance.";
    ACCEPT_FAILED = "accept.failed", ERROR,
        "The system gives no new connections; it is tried again.",
        "Raise LimitNOFILE when too many files are open.";
    ACCEPT_PROXY_REFUSED = "accept.proxy_refused", WARN,
        "A connection was closed for its PROXY header: malformed, too late or broken off. One that is missing, of version 1 or not allowed is `balancer.mismatch`.",
        "Look at the balancer's PROXY settings, and at the network between it and this instance.";
    TLS_HANDSHAKE_FAILED = "tls.handshake_failed", WARN,
        "A TLS handshake failed.",
        "When browsers are meant: check the certificate of SERVER_URL and its chain.";

    // HTTP.
    HTTP_ANSWERED = "http.answered", INFO,
        "A request on PORT was answered; the line says how and in which time.",
        "Nothing.";
    HTTP_TIMED_OUT = "http.timed_out", WARN,
        "A request had no answer within the time limit.",
        "Look for `directory` events around it.";
    HTTP_PANICKED = "http.panicked", ERROR,
        "A fault of the program; the request was answered with status 500.",
        "Please report it.";
    HTTP_PAGE_FAILED = "http.page_failed", ERROR,
        "A page could not be made; the request was answered with status 500.",
        "Please report it.";
    HTTP_HEADER_FORGED = "http.header_forged", WARN,
        "A client certificate or the name of a user came in a header, from an address that is not a trusted balancer's; it was ignored.",
        "When the address is your balancer: add it to TRUSTED_PROXIES.";
    METRICS_FAILED = "metrics.failed", ERROR,
        "The metrics page could not be made.",
        "Please report it.";

    // Logins: the audit lines.
    LOGIN_ACCEPTED = "login.accepted", INFO,
        "A user is signed in; the line says who, from where and by which method.",
        "Nothing.";
    LOGIN_REFUSED = "login.refused", WARN | ERROR,
        "A user is not signed in; `reason` says why. At level ERROR the cause is in the installation.",
        "As the line says; the request id is the one that the user's page shows.";
    LOGIN_ABANDONED = "login.abandoned", WARN,
        "The client closed the connection, or the time limit ended, before the login was decided.",
        "When it happens often: look for `directory` events around it.";
    PASSWORD_CHANGED = "password.changed", INFO,
        "The tenant changed a user's password.",
        "Nothing.";
    PASSWORD_REFUSED = "password.refused", WARN,
        "The tenant could not change a user's password; `reason` says why.",
        "By `reason`: policy of the domain, or rights of the service account.";
    PASSWORD_OLD_VALID = "password.old_valid", WARN,
        "A password was written to userPassword, which Active Directory does not use: the old password stays valid.",
        "Set ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD to true.";
    SEARCH_CUT = "search.cut", WARN,
        "A search without a limit found more users than are answered.",
        "Nothing, or a narrower search.";
    SEARCH_FAILED = "search.failed", ERROR,
        "A search for users was not possible.",
        "Look for `directory` events around it.";
    KERBEROS_PANICKED = "kerberos.panicked", ERROR,
        "A fault in a Kerberos worker; its login was refused and the worker goes on.",
        "Please report it.";

    // The directory.
    DIRECTORY_SERVER_UP = "directory.server_up", INFO,
        "A directory server answers.",
        "Nothing.";
    DIRECTORY_SERVER_DOWN = "directory.server_down", WARN,
        "A directory server does not answer; other servers of LDAP_URL are used.",
        "Check the server and the network as the line says.";
    DIRECTORY_BIND_REFUSED = "directory.bind_refused", ERROR,
        "A directory server refuses the bind of the service account: no logins through this server.",
        "Check LDAP_BIND_USER and LDAP_BIND_PASSWORD, and that the account is not locked or expired.";
    DIRECTORY_SERVER_REMOVED = "directory.server_removed", INFO,
        "The domain's SRV records no longer name a server.",
        "Nothing.";
    DIRECTORY_SRV_MISSING = "directory.srv_missing", WARN,
        "The SRV records of the domain in LDAP_URL are not found.",
        "Check DNS.";
    DIRECTORY_CLOCK_OFF = "directory.clock_off", ERROR,
        "A directory server's clock and this machine's differ by more than Kerberos allows.",
        "Set this machine's clock by NTP from the domain controllers.";
    DIRECTORY_DOMAINS_UNKNOWN = "directory.domains_unknown", WARN,
        "The names of Active Directory's domains cannot be read: CORP in CORP\\alice is taken for the first label of the domain's DNS name.",
        "Let the service account read CN=Partitions in the configuration, as every account of the domain may by default.";
    DIRECTORY_ENTRY_SKIPPED = "directory.entry_skipped", WARN,
        "A directory server sent an entry that is not valid LDAP; it was left out.",
        "Check the server that the line names.";
    DIRECTORY_GROUPS_CUT = "directory.groups_cut", WARN,
        "A user is in more groups than are read; the others are left out.",
        "Reduce the user's groups, or narrow LDAP_BASE_GROUPS.";
    DIRECTORY_GROUPS_FAILED = "directory.groups_failed", WARN,
        "A user's groups could not be had; with GROUPS_REQUIRED off, the login went on without them.",
        "Check the server that the line names; LDAP_BASE_GROUPS and LDAP_SEARCH_GROUPS when it refuses.";

    // The tunnel to the tenant.
    TUNNEL_DISABLED = "tunnel.disabled", INFO,
        "The configuration has no tunnel: only direct logins are served.",
        "Nothing, or set AD_HUB and AGENT_MODE.";
    TUNNEL_CONNECTED = "tunnel.connected", INFO,
        "The tunnel is connected; the hub sends requests.",
        "Nothing.";
    TUNNEL_DISCONNECTED = "tunnel.disconnected", WARN,
        "The tunnel's connection was lost; it connects again.",
        "When it happens often: check the network and proxies on the way to the hub.";
    TUNNEL_CLOSED = "tunnel.closed", INFO,
        "This instance closed its tunnel, as it ends or has a new configuration.",
        "Nothing.";
    TUNNEL_UNREACHABLE = "tunnel.unreachable", WARN,
        "The hub cannot be reached; it is tried again.",
        "Check AD_HUB, HTTP_PROXY and the firewall, as the line says.";
    TUNNEL_SIGNATURE_REFUSED = "tunnel.signature_refused", ERROR,
        "The hub does not accept this installation's signature.",
        "Check that the tenant knows this signing certificate, CONNECTION, REALM and this machine's clock.";
    TUNNEL_MESSAGE_UNKNOWN = "tunnel.message_unknown", WARN,
        "The hub sent a message that is not a request.",
        "When logins fail: report it.";
    TUNNEL_REQUEST_REFUSED = "tunnel.request_refused", WARN,
        "A request over the tunnel is not signed by the tenant, or does not count now.",
        "Check TENANT_SIGNING_KEY and this machine's clock.";
    TUNNEL_REQUEST_REPLAYED = "tunnel.request_replayed", WARN,
        "A request came over the tunnel that this instance had carried out already; it is not answered.",
        "When it happens often: somebody on the way from the tenant sends requests again; tell the tenant.";
    TUNNEL_REQUEST_LATE = "tunnel.request_late", WARN,
        "A request came while the tunnel was being closed; it is not answered.",
        "Nothing: the hub asks another instance.";
    TUNNEL_REQUEST_TIMED_OUT = "tunnel.request_timed_out", ERROR,
        "A request over the tunnel took too long; it was answered with an error.",
        "Look for `directory` events around it.";
    TUNNEL_CLAIM_MISSING = "tunnel.claim_missing", WARN,
        "A request over the tunnel lacks a claim that it needs, or has an unusable one.",
        "Report it to the tenant.";

    // What the tenant says about this installation.
    TENANT_CHANGED = "tenant.changed", INFO,
        "The tenant gave another value for a key.",
        "Nothing.";
    TENANT_FAILED = "tenant.failed", WARN,
        "The tenant could not be asked about this installation; logins go on, and it is tried again.",
        "Check PROVISIONING_TICKET, HTTP_PROXY and the firewall, as the line says.";
    TENANT_UNUSABLE = "tenant.unusable", ERROR,
        "The tenant asks for logins that this installation cannot do yet; all else that it says is used.",
        "Set what the line says is missing.";
    TENANT_UNSAVED = "tenant.unsaved", WARN,
        "What the tenant said is used, and could not be saved.",
        "Make the configuration folder writable for the program.";
    TENANT_CLOCK_UNKNOWN = "tenant.clock_unknown", WARN,
        "The tenant does not say its time, so the clocks cannot be compared.",
        "Check this machine's clock yourself.";
    TENANT_CLOCK_OFF = "tenant.clock_off", ERROR,
        "The tenant's clock and this machine's differ: it may refuse tokens.",
        "Set this machine's clock by NTP.";

    // The profile mapper.
    MAPPER_PRINTED = "mapper.printed", INFO | WARN | ERROR,
        "The profile mapper wrote a line by console.log, console.warn or console.error.",
        "As its author says.";
    MAPPER_BLOCKED = "mapper.blocked", ERROR,
        "The profile mapper does not return, in every thread that it may use.",
        "Correct the profile mapper, then restart the instance.";

    // Operations, the console, set-up.
    OPS_LISTENING = "ops.listening", INFO,
        "Metrics and probes are served on OPS_LISTEN.",
        "Nothing.";
    CONSOLE_LISTENING = "console.listening", INFO,
        "The console is served on ADMIN_LISTEN.",
        "Nothing.";
    CONSOLE_REFUSED = "console.refused", ERROR,
        "The console cannot be served; logins go on.",
        "Correct ADMIN_LISTEN as the line says.";
    CONSOLE_TOKEN_SHOWN = "console.token_shown", WARN,
        "The address that opens the console once.",
        "Open it, over a tunnel when it is not this machine's own.";
    CONSOLE_OPENED = "console.opened", WARN,
        "Someone opened the console by its token.",
        "When nobody of yours did: restart the instance, change secrets, look who reads the log.";
    CONSOLE_SETTINGS_CHANGED = "console.settings_changed", WARN,
        "Someone changed keys in the console.",
        "Nothing, or look who did.";
    CONSOLE_CERTIFICATE_CHANGED = "console.certificate_changed", WARN,
        "Someone changed the certificate of SERVER_URL in the console.",
        "Nothing, or look who did.";
    CONSOLE_FILES_CHANGED = "console.files_changed", WARN,
        "Someone changed the keytab, the CAs of client certificates or a revocation list in the console.",
        "Nothing, or look who did.";
    CONSOLE_MAPPER_CHANGED = "console.mapper_changed", WARN,
        "Someone changed the profile mapper in the console.",
        "Nothing, or look who did.";
    CONSOLE_EXPORTED = "console.exported", WARN,
        "Someone exported this installation, with its keys, in the console.",
        "Nothing, or look who did.";
    CONSOLE_IMPORTED = "console.imported", WARN,
        "Someone imported an installation in the console.",
        "Nothing, or look who did.";
    CONSOLE_TAKEN_BACK = "console.taken_back", WARN,
        "Someone took a change back in the console; `change` names its backup.",
        "Nothing, or look who did.";
    EXPORT_FILE_OUTSIDE = "export.file_outside", WARN,
        "A file that the configuration names is outside the configuration folder, and not in the export.",
        "Copy it to the other server yourself.";
    SETUP_AWAITED = "setup.awaited", WARN,
        "The installation is empty; the line says how it is set up.",
        "Open the address that the line gives, or run `ad-edge setup`.";
    IMPORT_RECOVERED = "import.recovered", ERROR,
        "An import was interrupted; the files from before it were put back.",
        "Import again.";
    IMPORT_RECOVERY_FAILED = "import.recovery_failed", ERROR,
        "An import failed, and not all files from before it could be put back.",
        "Copy them from the backup that the line names.";
    IMPORT_FOLDER_LEFT = "import.folder_left", WARN | ERROR,
        "A temporary folder with an installation's secrets could not be removed.",
        "Remove the folder that the line names.";
    IMPORT_BACKUP_LEFT = "import.backup_left", WARN,
        "An old backup could not be removed.",
        "Remove the folder that the line names.";
}
