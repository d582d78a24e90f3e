//! The service Account.

use crate::{
    lookup::{self, Found},
    refusal::{NotYou, Refusal},
    role::Role,
    services::caller::{party_of, role_of},
    services::ledger::chain_status,
    shared::Shared,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use yizhang_ledger::person::SocialSecurityNumber;
use yizhang_statement::{ChainEvidence, RecordEvidence};
use yizhang_wire::{
    convert::{self, FieldFault},
    v1::{self, account_server::Account, lookup_request::Worker},
};

pub(crate) struct AccountService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Account for AccountService {
    async fn lookup(
        &self,
        request: Request<v1::LookupRequest>,
    ) -> Result<Response<v1::LookupReply>, Status> {
        let shared = Arc::clone(&self.0);
        match role_of(&request, &shared.roster.federation)? {
            Role::Agency(_) | Role::Node(_) => {}
            Role::Auditor => return Err(NotYou::AccountOfAuditor.into()),
        }
        let party = party_of(&request)?.clone();
        let request = request.into_inner();
        let proofs = request.proofs;
        let worker = match request.worker {
            Some(Worker::Number(number)) => shared
                .secret
                .account_id(&SocialSecurityNumber::parse(&number).map_err(Refusal::from)?),
            Some(Worker::Account(bytes)) => convert::account_id(&bytes).map_err(Refusal::from)?,
            None => {
                return Err(Refusal::Field(FieldFault::Form {
                    field: "worker",
                    expected: "a number or an account",
                })
                .into());
            }
        };
        let as_of = convert::day(request.as_of).map_err(Refusal::from)?;
        let found = shared
            .blocking(&party, move |shared| {
                let at = (shared.clock)();
                let found = lookup::lookup(shared, worker, as_of)?;
                let copies = found.copies(shared);
                let held = copies.into_iter().map(chain_status).collect();
                Ok(v1::LookupReply {
                    held,
                    at_ms: at.0,
                    ..reply(found, proofs)
                })
            })
            .await?;
        Ok(Response::new(found))
    }
}

fn reply(found: Found, proofs: bool) -> v1::LookupReply {
    let sealed = found.account.sealed();
    let chains = if proofs { found.chains } else { Vec::new() };
    v1::LookupReply {
        account: sealed.json.into(),
        digest: sealed.digest.0.to_vec().into(),
        accounts: found
            .accounts
            .iter()
            .map(|account| account.0.to_vec().into())
            .collect(),
        chains: chains.into_iter().map(chain_evidence).collect(),
        ..v1::LookupReply::default()
    }
}

fn chain_evidence(chain: ChainEvidence) -> v1::ChainEvidence {
    let record = |record: RecordEvidence| v1::RecordEvidence {
        index: record.index.0,
        path: convert::path_bytes(&record.path).into(),
        entry: record.entry.into(),
    };
    v1::ChainEvidence {
        head: chain.head.into(),
        records: chain.records.into_iter().map(record).collect(),
    }
}
