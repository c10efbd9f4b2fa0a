use super::super::contact::Contact;
use super::super::desk::{Answer, Effect, Look};
use super::super::event::Cause;
use super::client::{ApiError, Client};

/// Carries an effect out, once. The answer goes back to the desk with the cause.
///
/// # Errors
///
/// Where nothing is known. The desk asks again when it is time; nobody else needs to.
pub async fn perform(
    client: &Client,
    effect: &Effect,
    contact: &Contact,
) -> Result<(Answer, Cause), ApiError> {
    match effect {
        Effect::Create { purchase, .. } => {
            let answer = match client.create(purchase, contact).await {
                Ok(link) => Answer::Link(link),
                Err(ApiError::Refused { code, description }) => {
                    let why = format!("{description} ({code})");
                    Answer::Refused(purchase.reference.clone(), why)
                }
                Err(error) => return Err(error),
            };
            Ok((answer, Cause::Answer))
        }
        Effect::Cancel { link } => Ok((Answer::Link(client.cancel(link).await?), Cause::Answer)),
        Effect::Look { at, cause } => {
            let answer = match look(client, at).await {
                // What it does not know, or will not tell, changes nothing.
                Err(ApiError::Refused { .. }) => Answer::Nothing,
                answer => answer?,
            };
            Ok((answer, cause.clone()))
        }
    }
}

async fn look(client: &Client, at: &Look) -> Result<Answer, ApiError> {
    Ok(match at {
        Look::Reference(reference) => client
            .fetch_by_reference(reference)
            .await?
            .map_or_else(|| Answer::NoLink(reference.clone()), Answer::Link),
        Look::Link(link) => Answer::Link(client.fetch(link).await?),
        Look::LinkOf(payment) => {
            client.fetch_by_payment(payment).await?.map_or(Answer::Nothing, Answer::Link)
        }
        Look::LinkOfFailed(payment) => client
            .fetch_by_payment(payment)
            .await?
            .map_or(Answer::Nothing, |link| Answer::Failed(payment.clone(), link)),
        Look::Payment(payment) => Answer::Payment(client.payment(payment).await?),
        Look::Dispute(dispute) => Answer::Dispute(client.dispute(dispute).await?),
    })
}
