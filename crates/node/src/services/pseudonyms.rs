//! The service Pseudonyms: numbers of persons become pseudonyms here, so that nobody who writes files needs the federation secret.

use crate::{
    permission::PSEUDONYMS, reads::Trace, refusal::Refusal, services::gate::holder_of,
    shared::Shared,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use yizhang_ledger::person::SocialSecurityNumber;
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
        let shared = &self.0;
        let mut trace = Trace::begun(holder_of(&request)?.clone(), PSEUDONYMS);
        let told = told(shared, &mut trace, &request.into_inner());
        Ok(Response::new(shared.reads.tell(trace, told).await?))
    }
}

/// The pseudonyms of the persons, in the order of their numbers. A number that is none refuses all, so that nobody learns half.
fn told(
    shared: &Shared,
    trace: &mut Trace,
    request: &v1::PseudonymsRequest,
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
    let mut persons = Vec::with_capacity(found);
    for number in &request.numbers {
        let number = SocialSecurityNumber::parse(number)?;
        persons.push(v1::PersonPseudonyms {
            current: shared.secret.account_id(&number).0.to_vec().into(),
        });
    }
    shared.reads.count_numbers(&trace.holder, count)?;
    Ok(v1::PseudonymsReply { persons })
}
