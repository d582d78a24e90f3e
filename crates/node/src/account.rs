//! The service Account.

use crate::{
    lookup::{self, Found},
    refusal::{ACCOUNT_OF_AUDITOR, Refusal},
    role::Role,
    server::Shared,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use yizhang_ledger::person::SocialSecurityNumber;
use yizhang_wire::{
    convert,
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
        match Role::of(&request, &shared.roster.federation)? {
            Role::Agency(_) | Role::Node(_) => {}
            Role::Auditor => return Err(Refusal::NotYou(ACCOUNT_OF_AUDITOR.into()).into()),
        }
        let request = request.into_inner();
        let proofs = request.proofs;
        let worker = match request.worker {
            Some(Worker::Number(number)) => shared
                .secret
                .account_id(&SocialSecurityNumber::parse(&number).map_err(Refusal::from)?),
            Some(Worker::Account(bytes)) => convert::account_id(&bytes).map_err(Refusal::from)?,
            None => {
                return Err(Status::invalid_argument(
                    "worker: expected a number or an account",
                ));
            }
        };
        let as_of = convert::day(request.as_of).map_err(Refusal::from)?;
        let found = shared
            .blocking(move |shared| lookup::lookup(shared, worker, as_of))
            .await?;
        Ok(Response::new(reply(found, proofs)))
    }
}

fn reply(found: Found, proofs: bool) -> v1::LookupReply {
    let digest = found.account.digest().0.to_vec().into();
    let chains = if proofs { found.chains } else { Vec::new() };
    v1::LookupReply {
        account: found.account.canonical_json().into(),
        digest,
        accounts: found
            .accounts
            .iter()
            .map(|account| account.0.to_vec().into())
            .collect(),
        chains: chains.into_iter().map(chain_evidence).collect(),
    }
}

fn chain_evidence(chain: lookup::ChainEvidence) -> v1::ChainEvidence {
    let record = |(index, proof): (yizhang_ledger::value::LeafIndex, yizhang_store::Proof)| {
        v1::RecordEvidence {
            index: index.0,
            path: convert::path_bytes(&proof.path).into(),
            entry: proof.entry.into(),
        }
    };
    v1::ChainEvidence {
        head: chain.head.into(),
        records: chain.records.into_iter().map(record).collect(),
    }
}
