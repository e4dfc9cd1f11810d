//! A user's profile with the groups, or the word that these cannot be had.

use serde_json::Value;

use super::{Accounts, Refusal, audit};
use crate::{directory::Entry, profile::Profile, telemetry::event};

/// A user's groups, as far as they can be had.
#[derive(Debug)]
pub(super) enum Groups {
    /// `None` when `GROUPS` is off.
    Had(Option<Vec<Value>>),
    /// They could not be had, and `GROUPS_REQUIRED` is off.
    Missing,
}

impl Groups {
    pub(super) fn listed(self) -> Option<Vec<Value>> {
        match self {
            Self::Had(groups) => groups,
            Self::Missing => Some(Vec::new()),
        }
    }
}

/// A profile, and whether it lacks the user's groups.
#[derive(Debug)]
pub(super) struct Full {
    pub(super) profile: Profile,
    lacks_groups: bool,
}

impl Full {
    /// The profile; the line of the login tells what it lacks.
    pub(super) fn noted(self, line: &mut audit::Line<'_>) -> Profile {
        if self.lacks_groups {
            line.lacks_groups();
        }
        self.profile
    }
}

impl Accounts {
    /// The user's profile with its groups.
    pub(super) async fn full_profile(&self, entry: &Entry) -> Result<Full, Refusal> {
        let groups = self.metrics.timed("groups", self.groups(entry)).await?;
        let lacks_groups = matches!(groups, Groups::Missing);
        let profile = self.map(entry, groups.listed()).await?;
        Ok(Full {
            profile,
            lacks_groups,
        })
    }

    pub(super) async fn groups(&self, entry: &Entry) -> Result<Groups, Refusal> {
        match self.directory.groups_of(entry).await {
            Ok(groups) => Ok(Groups::Had(groups)),
            Err(error) if self.config.groups_required => Err(Refusal::Groups(error)),
            Err(error) => {
                tracing::warn!(
                    event = event::DIRECTORY_GROUPS_FAILED,
                    user = entry.dn(),
                    %error,
                    "the user is taken to be in no group (GROUPS_REQUIRED is off)"
                );
                Ok(Groups::Missing)
            }
        }
    }

    pub(super) async fn map(
        &self,
        entry: &Entry,
        groups: Option<Vec<Value>>,
    ) -> Result<Profile, Refusal> {
        let profile = self.mapper.map(entry, groups);
        Ok(self.metrics.timed("mapper", profile).await?)
    }
}
