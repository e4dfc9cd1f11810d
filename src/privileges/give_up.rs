//! Gives root up, for good.

use std::{fs, io};

use rustix::{
    process::{DumpableBehavior, set_dumpable_behavior},
    thread::{
        CapabilitySet, CapabilitySets, Gid, Uid, capabilities, clear_ambient_capability_set,
        set_capabilities, set_keep_capabilities, set_no_new_privs, set_thread_groups,
        set_thread_res_gid, set_thread_res_uid,
    },
};

use super::owner::Owner;

/// What of root's rights stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    Nothing,
    /// Ports below 1024 may be opened, as the unit's CAP_NET_BIND_SERVICE allows.
    LowPorts,
}

/// Makes this process that user's. The system calls change one thread (setuid(2), differences from the kernel), so
/// it must be the only one.
pub(super) fn give_up(owner: Owner, keeps: Keeps) -> io::Result<()> {
    if fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("other threads run already"));
    }
    let (user, group) = (Uid::from_raw(owner.user), Gid::from_raw(owner.group));
    let further: Vec<_> = owner
        .further_groups()
        .into_iter()
        .map(Gid::from_raw)
        .collect();
    let kept = match keeps {
        Keeps::Nothing => CapabilitySet::empty(),
        Keeps::LowPorts => capabilities(None)?.permitted & CapabilitySet::NET_BIND_SERVICE,
    };
    set_keep_capabilities(!kept.is_empty())?;
    set_thread_groups(&further)?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    set_capabilities(
        None,
        CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        },
    )?;
    set_keep_capabilities(false)?;
    clear_ambient_capability_set()?;
    set_no_new_privs(true)?;
    // Handles that root opened are not for other processes of that user (ptrace(2)).
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    stays_given_up(owner, kept)
}

/// Tries to get it back.
fn stays_given_up(owner: Owner, kept: CapabilitySet) -> io::Result<()> {
    let root = Uid::ROOT;
    let regained = set_thread_res_uid(None, root, None).is_ok()
        || set_thread_res_uid(root, None, None).is_ok()
        || owner.group != 0 && set_thread_res_gid(None, Gid::ROOT, None).is_ok()
        || set_thread_groups(&[Gid::ROOT]).is_ok();
    let has = capabilities(None)?;
    let (user, own) = (rustix::process::getuid(), rustix::process::geteuid());
    let is_owner = [user, own].iter().all(|it| it.as_raw() == owner.user);
    if regained || !is_owner || has.permitted != kept || !has.inheritable.is_empty() {
        return Err(io::Error::other("root's rights can be had again"));
    }
    Ok(())
}
