//! The service Pseudonyms: numbers of persons become pseudonyms here, so that nobody who writes files needs the federation secret.

use crate::{
    party::Party,
    permission::PSEUDONYMS,
    reads::Trace,
    refusal::Refusal,
    services::{caller::party_of, gate::holder_of},
    shared::Shared,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use yizhang_ledger::person::{AccountId, FederationSecrets, SocialSecurityNumber};
use yizhang_store::Subject;
use yizhang_wire::{
    channel::PSEUDONYMS_MAX,
    convert::FieldFault,
    purpose::Purpose,
    v1::{self, pseudonyms_server::Pseudonyms},
};

pub(crate) struct PseudonymsService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Pseudonyms for PseudonymsService {
    async fn of_numbers(
        &self,
        request: Request<v1::PseudonymsRequest>,
    ) -> Result<Response<v1::PseudonymsReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), PSEUDONYMS);
        let party = party_of(&request)?.clone();
        let told = told(&shared, &party, &mut trace, request.into_inner()).await;
        Ok(Response::new(shared.reads.tell(trace, told).await?))
    }
}

/// The pseudonyms of the persons, in the order of their numbers. A number that is none refuses all, so that nobody learns half. Nothing is
/// computed before it is counted.
async fn told(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::PseudonymsRequest,
) -> Result<v1::PseudonymsReply, Refusal> {
    trace.purpose = Some(Purpose::read(request.purpose.as_ref())?);
    let found = request.numbers.len();
    if found == 0 || found > PSEUDONYMS_MAX {
        return Err(FieldFault::Range {
            field: "numbers",
            limit: PSEUDONYMS_MAX,
            found,
        }
        .into());
    }
    let count = u32::try_from(found).expect("the limit is below that");
    trace.subject = Subject::Numbers(count);
    shared.reads.count_numbers(&trace.holder, count)?;
    shared
        .blocking(party, move |shared| {
            let mut persons = Vec::with_capacity(found);
            for number in &request.numbers {
                let number = SocialSecurityNumber::parse(number)?;
                persons.push(pseudonyms(&shared.secrets, &number));
            }
            Ok(v1::PseudonymsReply { persons })
        })
        .await
}

/// The pseudonyms of a person under each secret.
fn pseudonyms(secrets: &FederationSecrets, number: &SocialSecurityNumber) -> v1::PersonPseudonyms {
    let mut others = secrets.account_ids(number);
    let current = others.remove(secrets.written());
    let bytes = |account: AccountId| account.0.to_vec().into();
    v1::PersonPseudonyms {
        current: bytes(current),
        others: others.into_iter().map(bytes).collect(),
    }
}
