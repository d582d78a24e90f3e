//! Who may call what: one table, and the one function that reads it. The gate asks it before a byte of a message is read; no
//! service decides for itself.

use crate::{
    refusal::NotYou,
    role::{Caller, Duty, Role},
};
use yizhang_ledger::{head::Origin, roster::Roster};

/// Whom a method is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callers {
    /// Everybody with a role in the roster.
    All,
    /// Everybody with a certificate of the federation that names a role, also of a region that the roster does not name: whoever was
    /// taken up or out by a later version learns it here.
    Certified,
    /// The agencies of all regions, of these whoever reads, and the portal of the node's own.
    Readers,
    /// The portal of the node's own region.
    OwnPortal,
    /// The agency of the node's own region.
    OwnAgency,
    /// That agency, and the platforms that deposit at the node.
    OwnAgencyAndPlatforms,
    /// Of that agency whoever has this duty.
    OwnClerk(Duty),
    /// Who puts records into the node's chain: of its agency the makers, and the platforms that deposit at it.
    Submitters,
    /// Whoever runs the node: who has its own certificate.
    OwnNode,
    /// The nodes of all regions.
    Nodes,
    /// Nodes and auditors.
    NodesAndAuditors,
}

/// A method of a service.
#[derive(Debug)]
pub(crate) struct Method {
    /// Its path in gRPC.
    pub(crate) path: &'static str,
    /// Its name in log, metrics and refusals.
    pub(crate) name: &'static str,
    callers: Callers,
}

const fn method(path: &'static str, name: &'static str, callers: Callers) -> Method {
    Method {
        path,
        name,
        callers,
    }
}

pub(crate) const LOOKUP: &str = "Account.Lookup";
pub(crate) const STATEMENT: &str = "Account.Statement";
pub(crate) const REVIEW: &str = "Review.Accounts";
pub(crate) const REPLAY: &str = "Ledger.Replay";
pub(crate) const PSEUDONYMS: &str = "Pseudonyms.OfNumbers";
pub(crate) const ISSUE_CODE: &str = "Holders.IssueCode";
pub(crate) const APPROVE_CODE: &str = "Holders.ApproveCode";
pub(crate) const ENTER: &str = "Holders.Enter";
pub(crate) const OPEN: &str = "Holders.Open";
pub(crate) const SIGN_ON: &str = "Holders.SignOn";
pub(crate) const BIND: &str = "Holders.Bind";
pub(crate) const KEYS: &str = "Holders.Keys";
pub(crate) const END_KEY: &str = "Holders.EndKey";
pub(crate) const READINGS: &str = "Holders.Readings";
pub(crate) const OF_WORKER: &str = "AccessLog.OfWorker";
pub(crate) const ENTRIES: &str = "AccessLog.Entries";
pub(crate) const WARNINGS: &str = "AccessLog.Warnings";
pub(crate) const CLOSE_WARNING: &str = "AccessLog.CloseWarning";
pub(crate) const SHOW_WAITING: &str = "Approvals.Show";
pub(crate) const DISPUTE: &str = "Holders.Dispute";
/// What reads personal data, opens pseudonyms, or lets somebody read: with a purpose or a worker who is there, and with a trace.
pub(crate) const READS: [&str; 18] = [
    LOOKUP,
    STATEMENT,
    REVIEW,
    REPLAY,
    PSEUDONYMS,
    ISSUE_CODE,
    APPROVE_CODE,
    ENTER,
    OPEN,
    SIGN_ON,
    BIND,
    READINGS,
    OF_WORKER,
    ENTRIES,
    WARNINGS,
    CLOSE_WARNING,
    SHOW_WAITING,
    DISPUTE,
];
/// Health, reflection, and any path that is in no table.
pub(crate) const OTHER_METHOD: &str = "other";

/// Every method that this node serves. What is not here is refused to everybody; a test finds each method of each service here.
pub(crate) const METHODS: [Method; 40] = [
    method(
        "/yizhang.v1.Submission/Submit",
        "Submission.Submit",
        Callers::Submitters,
    ),
    method(
        "/yizhang.v1.Submission/SubmitStream",
        "Submission.SubmitStream",
        Callers::Submitters,
    ),
    method(
        "/yizhang.v1.Submission/Receipts",
        "Submission.Receipts",
        Callers::OwnAgencyAndPlatforms,
    ),
    method(
        "/yizhang.v1.Approvals/List",
        "Approvals.List",
        Callers::OwnAgency,
    ),
    method(
        "/yizhang.v1.Approvals/Show",
        SHOW_WAITING,
        Callers::OwnAgency,
    ),
    method(
        "/yizhang.v1.Approvals/Approve",
        "Approvals.Approve",
        Callers::OwnClerk(Duty::Checker),
    ),
    method(
        "/yizhang.v1.Approvals/Refuse",
        "Approvals.Refuse",
        Callers::OwnAgency,
    ),
    method("/yizhang.v1.Account/Lookup", LOOKUP, Callers::Readers),
    method("/yizhang.v1.Account/Statement", STATEMENT, Callers::Readers),
    method(
        "/yizhang.v1.Holders/IssueCode",
        ISSUE_CODE,
        Callers::OwnClerk(Duty::Maker),
    ),
    method(
        "/yizhang.v1.Holders/ApproveCode",
        APPROVE_CODE,
        Callers::OwnClerk(Duty::Checker),
    ),
    method("/yizhang.v1.Holders/Enter", ENTER, Callers::OwnPortal),
    method(
        "/yizhang.v1.Holders/Challenge",
        "Holders.Challenge",
        Callers::OwnPortal,
    ),
    method("/yizhang.v1.Holders/SignOn", SIGN_ON, Callers::OwnPortal),
    method("/yizhang.v1.Holders/Bind", BIND, Callers::OwnPortal),
    method("/yizhang.v1.Holders/Open", OPEN, Callers::OwnPortal),
    method("/yizhang.v1.Holders/Keys", KEYS, Callers::OwnPortal),
    method("/yizhang.v1.Holders/EndKey", END_KEY, Callers::OwnPortal),
    method("/yizhang.v1.Holders/Dispute", DISPUTE, Callers::OwnPortal),
    method(
        "/yizhang.v1.Holders/Leave",
        "Holders.Leave",
        Callers::OwnPortal,
    ),
    method("/yizhang.v1.Holders/Readings", READINGS, Callers::OwnPortal),
    method("/yizhang.v1.AccessLog/OfWorker", OF_WORKER, Callers::Nodes),
    method("/yizhang.v1.AccessLog/Entries", ENTRIES, Callers::OwnAgency),
    method(
        "/yizhang.v1.AccessLog/Warnings",
        WARNINGS,
        Callers::OwnAgency,
    ),
    method(
        "/yizhang.v1.AccessLog/CloseWarning",
        CLOSE_WARNING,
        Callers::OwnAgency,
    ),
    method(
        "/yizhang.v1.Pseudonyms/OfNumbers",
        PSEUDONYMS,
        Callers::OwnAgencyAndPlatforms,
    ),
    method(
        "/yizhang.v1.Review/Accounts",
        REVIEW,
        Callers::OwnClerk(Duty::Reader),
    ),
    method(
        "/yizhang.v1.Rosters/After",
        "Rosters.After",
        Callers::Certified,
    ),
    method(
        "/yizhang.v1.Rosters/Publish",
        "Rosters.Publish",
        Callers::Certified,
    ),
    method("/yizhang.v1.Ledger/Status", "Ledger.Status", Callers::All),
    method(
        "/yizhang.v1.Ledger/Evidence",
        "Ledger.Evidence",
        Callers::All,
    ),
    method(
        "/yizhang.v1.Ledger/Replay",
        REPLAY,
        Callers::NodesAndAuditors,
    ),
    method(
        "/yizhang.v1.Ledger/EndEpoch",
        "Ledger.EndEpoch",
        Callers::OwnNode,
    ),
    method(
        "/yizhang.v1.Replication/Watch",
        "Replication.Watch",
        Callers::Nodes,
    ),
    method(
        "/yizhang.v1.Replication/Tell",
        "Replication.Tell",
        Callers::Nodes,
    ),
    method(
        "/yizhang.v1.Replication/Fetch",
        "Replication.Fetch",
        Callers::Nodes,
    ),
    method(
        "/yizhang.v1.Bundles/Import",
        "Bundles.Import",
        Callers::OwnNode,
    ),
    method("/grpc.health.v1.Health/Check", OTHER_METHOD, Callers::All),
    method("/grpc.health.v1.Health/Watch", OTHER_METHOD, Callers::All),
    method(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        OTHER_METHOD,
        Callers::All,
    ),
];

/// The method of a path, if it is in the table.
pub(crate) fn by_path(path: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.path == path)
}

/// Whether a caller may call a method of the node that writes `own`.
///
/// # Errors
/// [`NotYou::NotInRoster`] before all else, but for what is for everybody with a certificate; then what the method says to those whom it is not for.
pub(crate) fn allow(
    method: Option<&'static Method>,
    caller: Caller,
    roster: &Roster,
    own: &Origin,
) -> Result<(), NotYou> {
    if method.is_some_and(|method| method.callers == Callers::Certified) {
        return Ok(());
    }
    let region = caller.role.region();
    if let Some(region) = region.filter(|region| !roster.regions.contains_key(region)) {
        return Err(NotYou::NotInRoster { region });
    }
    let Some(method) = method else {
        return Err(NotYou::NoSuchMethod);
    };
    let Some(duty) = duty(method.callers, caller.role) else {
        return allow_role(method, caller.role, own);
    };
    allow_role(method, caller.role, own)?;
    if caller.duties.has(duty) {
        Ok(())
    } else {
        Err(NotYou::OtherDuty {
            method: method.name,
            duty: duty.word(),
        })
    }
}

/// What duty a clerk has to have; none if whoever calls is no clerk, or any will do.
const fn duty(callers: Callers, caller: Role) -> Option<Duty> {
    match (callers, caller) {
        (Callers::OwnClerk(duty), Role::Agency(_)) => Some(duty),
        (Callers::Submitters, Role::Agency(_)) => Some(Duty::Maker),
        (Callers::Readers, Role::Agency(_)) => Some(Duty::Reader),
        _ => None,
    }
}

fn allow_role(method: &'static Method, caller: Role, own: &Origin) -> Result<(), NotYou> {
    let is_allowed = match method.callers {
        Callers::All | Callers::Certified => true,
        Callers::Readers => {
            matches!(caller, Role::Agency(_)) || caller == Role::Portal(own.region())
        }
        Callers::OwnPortal => caller == Role::Portal(own.region()),
        Callers::OwnAgency | Callers::OwnClerk(_) => caller == Role::Agency(own.region()),
        Callers::Submitters | Callers::OwnAgencyAndPlatforms => match caller {
            Role::Platform(platform) => platform.region == own.region(),
            caller => caller == Role::Agency(own.region()),
        },
        Callers::OwnNode => caller == Role::Node(own.region()),
        Callers::Nodes => matches!(caller, Role::Node(_)),
        Callers::NodesAndAuditors => matches!(caller, Role::Node(_) | Role::Auditor),
    };
    if is_allowed {
        Ok(())
    } else {
        Err(refusal(method, caller, own))
    }
}

/// The words for somebody whom a method is not for: its own where there are some.
fn refusal(method: &'static Method, caller: Role, own: &Origin) -> NotYou {
    match method.callers {
        Callers::OwnClerk(_) if method.name == REVIEW => NotYou::ReviewOfOthers,
        Callers::OwnAgency
        | Callers::OwnAgencyAndPlatforms
        | Callers::Submitters
        | Callers::OwnClerk(_) => NotYou::OtherAgency {
            region: own.region(),
            found: caller.submitter(),
        },
        Callers::Readers if caller == Role::Auditor => NotYou::AccountOfAuditor,
        Callers::Nodes => NotYou::NotANode,
        Callers::All
        | Callers::Certified
        | Callers::Readers
        | Callers::OwnPortal
        | Callers::OwnNode
        | Callers::NodesAndAuditors => NotYou::NotForRole {
            method: method.name,
            found: caller.submitter(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Duties;
    use prost::Message;
    use prost_types::FileDescriptorSet;
    use tonic_reflection::pb::v1 as reflection;
    use yizhang_ledger::value::Division;

    /// The paths of all methods in a description.
    fn paths(descriptors: &[u8]) -> Vec<String> {
        let mut paths = Vec::new();
        for file in FileDescriptorSet::decode(descriptors).unwrap().file {
            for service in &file.service {
                for method in &service.method {
                    let (package, service) = (file.package(), service.name());
                    paths.push(format!("/{package}.{service}/{}", method.name()));
                }
            }
        }
        paths
    }

    #[test]
    fn every_method_of_every_service_is_in_the_table() {
        let mut served = paths(yizhang_wire::DESCRIPTORS);
        served.extend(paths(tonic_health::pb::FILE_DESCRIPTOR_SET));
        served.extend(paths(reflection::FILE_DESCRIPTOR_SET));
        served.sort();
        let mut known: Vec<&str> = METHODS.iter().map(|method| method.path).collect();
        known.sort_unstable();
        assert_eq!(served, known);
    }

    const FEDERATION: &str = "test.yizhang";

    /// What a certificate of Guangdong's agency with these names may call of its own node.
    fn called(names: &[&str]) -> Vec<&'static str> {
        let own = Origin::parse("test.yizhang/440000").unwrap();
        let role = Role::Agency(Division::new(440_000).unwrap());
        let caller = Caller {
            role,
            duties: Duties::read(names, role, FEDERATION),
        };
        let methods = METHODS.iter().filter(|method| {
            let is_of_a_role = allow_role(method, caller.role, &own).is_ok();
            is_of_a_role && duty(method.callers, role).is_none_or(|duty| caller.duties.has(duty))
        });
        methods.map(|method| method.name).collect()
    }

    #[test]
    fn clerks_do_what_their_certificates_name_and_without_a_duty_all() {
        const AGENCY: &str = "agency.440000.test.yizhang";
        let all = called(&[AGENCY]);
        for name in [LOOKUP, REVIEW, "Submission.Submit", "Approvals.Approve"] {
            assert!(all.contains(&name), "{name}");
        }
        let maker = called(&[AGENCY, "maker.agency.440000.test.yizhang"]);
        assert!(maker.contains(&"Submission.Submit") && maker.contains(&ISSUE_CODE));
        let no_maker = [LOOKUP, REVIEW, APPROVE_CODE, "Approvals.Approve"];
        assert!(no_maker.iter().all(|name| !maker.contains(name)));
        let checker = called(&[AGENCY, "checker.agency.440000.test.yizhang"]);
        assert!(checker.contains(&"Approvals.Approve") && checker.contains(&SHOW_WAITING));
        let no_checker = [
            LOOKUP,
            "Submission.Submit",
            "Submission.SubmitStream",
            ISSUE_CODE,
        ];
        assert!(no_checker.iter().all(|name| !checker.contains(name)));
        let reader = called(&[AGENCY, "reader.agency.440000.test.yizhang"]);
        assert!(reader.contains(&LOOKUP) && !reader.contains(&"Submission.Submit"));
    }

    #[test]
    fn a_duty_of_another_agency_or_federation_is_none() {
        let all = called(&["agency.440000.test.yizhang"]);
        for other in [
            "maker.agency.520000.test.yizhang",
            "maker.agency.440000.other.yizhang",
            "maker.node.440000.test.yizhang",
            "makeragency.440000.test.yizhang",
        ] {
            assert_eq!(
                called(&["agency.440000.test.yizhang", other]),
                all,
                "{other}"
            );
        }
    }
}
