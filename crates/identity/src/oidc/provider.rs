//! A provider: whose word is taken for who somebody is, and what follows from it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use althing_backbone::Timestamp;
use althing_events::identity::MemberRole;
use althing_events::{OidcProviderId, WorkspaceId};
use serde::{Deserialize, Serialize};
use url::Url;

/// What being in a group gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "grants", rename_all = "snake_case")]
pub(super) enum Grant {
    /// A place in a workspace.
    Membership {
        workspace_id: WorkspaceId,
        role: MemberRole,
    },
    /// Looking after the instance.
    InstanceAdmin,
}

/// A line of the group map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rule {
    pub group: String,
    #[serde(flatten)]
    pub grant: Grant,
}

/// A provider.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub id: OidcProviderId,
    /// Its place in addresses; never changes.
    pub slug: String,
    pub label: String,
    pub issuer: String,
    pub client_id: String,
    /// Sealed under the instance's secret; a public client has none.
    pub client_secret: Option<String>,
    pub scopes: Vec<String>,
    /// Where the token tells the groups; without it places are left as they are.
    pub group_claim: Option<String>,
    pub group_map: Vec<Rule>,
    pub may_create_accounts: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What somebody's groups give them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Granted {
    pub places: BTreeMap<WorkspaceId, MemberRole>,
    pub instance_admin: bool,
}

impl Provider {
    /// The most that any of the groups gives.
    pub fn granted(&self, groups: &[String]) -> Granted {
        let mut granted = Granted::default();
        for rule in self.group_map.iter().filter(|rule| groups.contains(&rule.group)) {
            match rule.grant {
                Grant::InstanceAdmin => granted.instance_admin = true,
                Grant::Membership { workspace_id, role } => {
                    let held = granted.places.entry(workspace_id).or_insert(role);
                    if rank(role) > rank(*held) {
                        *held = role;
                    }
                }
            }
        }
        granted
    }
}

fn rank(role: MemberRole) -> u8 {
    match role {
        MemberRole::Guest => 0,
        MemberRole::Member => 1,
        MemberRole::Admin => 2,
        MemberRole::Owner => 3,
    }
}

/// Whether an address may be called: https, or http that does not leave this machine.
pub(super) fn may_be_called(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_backbone::Uuid;

    fn place(group: &str, workspace: u128, role: MemberRole) -> Rule {
        let workspace_id = WorkspaceId(Uuid::from_u128(workspace));
        Rule {
            group: group.to_owned(),
            grant: Grant::Membership { workspace_id, role },
        }
    }

    #[test]
    fn the_most_of_all_groups_is_granted() {
        let admins = Rule {
            group: "ops".to_owned(),
            grant: Grant::InstanceAdmin,
        };
        let provider = Provider {
            id: OidcProviderId(Uuid::from_u128(9)),
            slug: "home".to_owned(),
            label: "Home".to_owned(),
            issuer: "https://id.example.org".to_owned(),
            client_id: "althing".to_owned(),
            client_secret: None,
            scopes: Vec::new(),
            group_claim: Some("groups".to_owned()),
            group_map: vec![
                place("staff", 1, MemberRole::Guest),
                place("engineers", 1, MemberRole::Admin),
                place("all", 1, MemberRole::Member),
                place("all", 2, MemberRole::Member),
                admins,
            ],
            may_create_accounts: true,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
        };
        let roles = |groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            let granted = provider.granted(&groups);
            let places: Vec<(u128, &str)> = granted
                .places
                .iter()
                .map(|(id, role)| (id.0.as_u128(), role.as_str()))
                .collect();
            (places, granted.instance_admin)
        };
        assert_eq!(roles(&[]), (vec![], false));
        assert_eq!(roles(&["staff", "Engineers"]), (vec![(1, "guest")], false));
        assert_eq!(
            roles(&["staff", "all", "engineers", "ops"]),
            (vec![(1, "admin"), (2, "member")], true)
        );
    }

    #[test]
    fn without_tls_only_this_machine_is_called() {
        let may = |text: &str| may_be_called(&Url::parse(text).unwrap());
        assert!(may("https://id.example.org/realm"));
        assert!(may("http://localhost:8080"));
        assert!(may("http://127.0.0.1:3000/"));
        assert!(may("http://[::1]:3000/"));
        assert!(!may("http://id.example.org"));
        assert!(!may("http://127.0.0.1.example.org"));
        assert!(!may("file:///etc/passwd"));
    }
}
