//! Tickets: taken once, by the one whom the button was shown, in time.

use heikin_core::time::Timestamp;

use super::{Bench, Broken, Subject, answered, hold};
use crate::backend::{
    Backend as _, ChatId, Command, MessageId, Nonce, Presser, StateVersion, Take, Target, Ticket,
    UserId,
};

const RULE: &str = "tickets are kept and given";

pub(super) async fn all<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    whose(subject).await?;
    when(subject).await?;
    one_of_two(subject).await
}

fn presser(subject: &Subject<'_, impl Bench>) -> Presser {
    let user = subject.bench.owner();
    Presser { user, chat: ChatId(user.0), message: MessageId(-5) }
}

/// A ticket that is stored, twice over as a sender does who got no answer.
async fn stored<B: Bench>(subject: &Subject<'_, B>) -> Result<(Nonce, Ticket), Broken> {
    let nonce = Nonce::from_bits((u128::from(subject.fresh()) << 64) | 0xF00D);
    let ticket = Ticket {
        presser: presser(subject),
        command: Command::Close { target: Target::All },
        version: StateVersion(3),
        expires_at: subject.bench.now() + Ticket::LIFE,
    };
    for _ in 0..2 {
        let put = subject.backend().put_ticket(nonce, ticket.clone());
        answered("a ticket may be put twice", put).await?;
    }
    Ok((nonce, ticket))
}

async fn take<B: Bench>(
    subject: &Subject<'_, B>,
    nonce: Nonce,
    presser: Presser,
    now: Timestamp,
) -> Result<Take, Broken> {
    answered(RULE, subject.backend().take_ticket(nonce, presser, now)).await
}

async fn whose<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let (nonce, ticket) = stored(subject).await?;
    let (own, now) = (presser(subject), subject.bench.now());
    for other in [
        Presser { user: UserId(own.user.0 + 1), ..own },
        Presser { chat: ChatId(own.chat.0 + 1), ..own },
        Presser { message: MessageId(own.message.0 + 1), ..own },
    ] {
        let took = take(subject, nonce, other, now).await?;
        hold("somebody else's press leaves a ticket where it is", took == Take::NotYours, &took)?;
    }
    let took = take(subject, nonce, own, now).await?;
    hold("a ticket comes back as it was put", took == Take::Taken(Box::new(ticket)), &took)?;
    let took = take(subject, nonce, own, now).await?;
    hold("a ticket is taken once", took == Take::Unknown, &took)?;
    let took = take(subject, Nonce::from_bits(u128::MAX), own, now).await?;
    hold("a guessed ticket is none", took == Take::Unknown, &took)
}

async fn when<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let (nonce, ticket) = stored(subject).await?;
    let own = presser(subject);
    for expected in [Take::Expired, Take::Unknown] {
        let took = take(subject, nonce, own, ticket.expires_at).await?;
        hold("a ticket that comes too late is gone", took == expected, &took)?;
    }
    Ok(())
}

async fn one_of_two<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let (nonce, _) = stored(subject).await?;
    let (own, now) = (presser(subject), subject.bench.now());
    let (one, other) = tokio::join!(take(subject, nonce, own, now), take(subject, nonce, own, now));
    let took = [one?, other?];
    let taken = took.iter().filter(|take| matches!(take, Take::Taken(_))).count();
    let unknown = took.iter().filter(|take| **take == Take::Unknown).count();
    hold("of two presses at once one gets the ticket", (taken, unknown) == (1, 1), &took)
}
