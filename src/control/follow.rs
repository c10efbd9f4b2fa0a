//! Reading the account's journal on, and putting what is to be told into the outbox.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use heikin_bot::backend::{Alert, Identity, PanicStep, SystemAlert};
use heikin_core::engine::Sequence;

use super::Control;
use super::account::model::merged;
use super::account::replica::is_premature;
use super::account::tail::Due;
use super::account::{Replica, Tail, Telling, told};
use super::addressees::{News, queue};
use super::command::PanicUnderWay;
use super::digest::{self, Digested};
use super::front::record::Event;
use super::outages::Outages;
use super::selling::Till;
use super::wake::Wake;
use crate::store::StoreError;
use crate::store::disk::RealDisk;

/// The journal is looked at this often, whatever signs there are.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A fill waits so long for its stop to be confirmed, so that one message tells both: a request to the
/// exchange and back.
const STOP_PATIENCE: Duration = Duration::from_millis(40);
/// The mark is recorded at least every so many records, also where there is nothing to tell.
const MARK_EVERY: Sequence = 500;

/// What reads the account's journal on, until heikin ends.
#[derive(Debug)]
pub struct Following {
    control: Control,
    tail: Tail<RealDisk>,
    /// What is to be told and is not in the outbox yet.
    waiting: Vec<Telling>,
    marked: Sequence,
    outages: Outages,
    /// Where access is sold.
    till: Option<Till>,
    digested: Digested,
}

impl Following {
    pub(super) fn new(control: Control, tail: Tail<RealDisk>, waiting: Vec<Telling>) -> Self {
        Self {
            control,
            tail,
            waiting,
            marked: 0,
            outages: Outages::default(),
            till: None,
            digested: Digested::default(),
        }
    }

    pub(super) fn selling(self, till: Option<Till>) -> Self {
        Self { till, ..self }
    }

    /// Follows until `until` is done; then takes in all that the account has recorded by then.
    pub async fn run(mut self, wake: Wake, until: impl Future<Output = ()>) {
        let till = self.till.take();
        let selling = async {
            match till {
                Some(till) => till.run().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.follow(wake, until) => {}
            () = selling => {}
        }
    }

    async fn follow(mut self, wake: Wake, until: impl Future<Output = ()>) {
        let mut until = pin!(until);
        let mut status = self.control.shared.status.clone();
        let mut wanted = self.control.shared.wanted.subscribe();
        self.begin();
        loop {
            if let Err(error) = self.go_on(&wake).await {
                // The journal is the order thread's to mend; here it is only read.
                tracing::error!(target: "alert", %error, "the account's journal cannot be followed");
            }
            tokio::select! {
                biased;
                () = &mut until => break,
                () = wake.given() => {}
                Ok(()) = wanted.changed() => {}
                Ok(()) = status.changed() => {}
                () = pause(LOOK_EVERY) => {}
            }
        }
        let end = match self.go_on(&wake).await {
            Ok(()) => self.tail.save(&self.control.replica(), Due::Now),
            Err(error) => Err(error),
        };
        if let Err(error) = end {
            tracing::warn!(%error, "the copy of the account could not be saved: it is made anew");
        }
    }

    /// What a start has to tell.
    fn begin(&mut self) {
        let at = self.control.now();
        let (mode, found, panicked_at) = {
            let replica = self.control.replica();
            (replica.mode(), found(&replica), replica.model().panicked_at())
        };
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let alert = Alert::System(SystemAlert::Started { mode, version, found });
        self.waiting.push(Telling { at, thread: None, alert });
        if let Some(since) = panicked_at {
            let alert = told::panic(&Identity::Terminal, PanicStep::StillLatched { since });
            self.waiting.push(Telling { at, thread: Some("panic".to_owned()), alert });
        }
    }

    /// Takes in what is new, and tells it.
    async fn go_on(&mut self, wake: &Wake) -> Result<(), StoreError> {
        self.read_on()?;
        if self.waiting.iter().any(is_premature) {
            // What is told without its stop is told in time.
            let stops = tokio::time::timeout(STOP_PATIENCE, self.await_stops(wake)).await;
            stops.unwrap_or(Ok(()))?;
        }
        let now = self.control.now();
        self.waiting.extend(self.outages.look(self.control.replica().engine(), now));
        let tellings = std::mem::take(&mut self.waiting);
        self.tell(tellings).await;
        self.tell_end_of_panic().await;
        if let Err(error) = digest::tell(&self.control, &mut self.digested).await {
            tracing::error!(%error, "the daily digest could not be told; it is tried again");
        }
        let replica = self.control.replica();
        if let Err(error) = self.tail.save(&replica, Due::InTime) {
            tracing::warn!(%error, "the copy of the account could not be saved; it is tried again");
        }
        Ok(())
    }

    /// Reads on with each turn of the order thread until no fill waits for its stop.
    async fn await_stops(&mut self, wake: &Wake) -> Result<(), StoreError> {
        let _eager = wake.eagerly();
        loop {
            self.read_on()?;
            {
                let replica = self.control.replica();
                let premature = self.waiting.iter_mut().filter(|it| is_premature(it));
                premature.for_each(|telling| replica.renew(telling));
            }
            if !self.waiting.iter().any(is_premature) {
                return Ok(());
            }
            wake.given().await;
        }
    }

    fn read_on(&mut self) -> Result<(), StoreError> {
        if !self.tail.is_behind()? {
            return Ok(());
        }
        let mut replica = self.control.replica();
        let outcome = self.tail.read_on(&mut replica, &mut self.waiting);
        self.control.shared.moved.send_replace(replica.through());
        outcome
    }

    /// Puts what is to be told into the outbox, with the mark that says so.
    async fn tell(&mut self, tellings: Vec<Telling>) {
        let through = self.control.replica().through();
        if tellings.is_empty() && through < self.marked + MARK_EVERY && self.marked > 0 {
            self.control.shared.told.send_replace(through);
            return;
        }
        let tellings = coalesced(tellings);
        let now = self.control.now();
        let recorded = self.control.front(move |ledger| {
            let news = tellings.into_iter();
            let news =
                news.map(|Telling { at, thread, alert }| News { at, thread, by: None, alert });
            let mut events: Vec<Event> = news.filter_map(|news| queue(ledger, news, now)).collect();
            // In one record: rows and mark are there together, or all is told again.
            events.push(Event::Tailed { through });
            ledger.record(now, events)
        });
        match recorded.await {
            Ok(()) => {
                self.marked = through;
                self.control.shared.told.send_replace(through);
            }
            Err(error) => tracing::error!(%error, "an alert could not be stored: it is told again"),
        }
    }

    /// A panic is over when nothing of ours is open or held any more.
    async fn tell_end_of_panic(&self) {
        let ended = {
            let replica = self.control.replica();
            let mut panic = super::locked(&self.control.shared.panic);
            let ended = panic.as_ref().and_then(|panic| panic.ended(&replica));
            if ended.is_some() {
                *panic = None;
            }
            ended
        };
        let Some((by, step)) = ended else { return };
        let (at, now) = (self.control.now(), self.control.now());
        let alert: Alert = told::panic(&by, step);
        let news = News { at, thread: Some("panic".to_owned()), by: Some(by), alert };
        let queued = self.control.front(move |ledger| {
            let event = queue(ledger, news, now);
            ledger.record(now, event.into_iter().collect())
        });
        if let Err(error) = queued.await {
            tracing::error!(%error, "the end of a panic could not be told");
        }
    }
}

impl Control {
    /// Tells the end of a panic once it has come.
    pub(super) fn await_end_of(&self, panic: PanicUnderWay) {
        *super::locked(&self.shared.panic) = Some(panic);
    }
}

/// Several raises of one stop are one.
fn coalesced(tellings: Vec<Telling>) -> Vec<Telling> {
    let mut kept: Vec<Telling> = Vec::with_capacity(tellings.len());
    for mut telling in tellings {
        let same = |it: &&mut Telling| {
            matches!(it.alert, Alert::StopRaised(_)) && it.thread == telling.thread
        };
        if let Alert::StopRaised(raised) = &mut telling.alert
            && let Some(earlier) = kept.iter_mut().find(same)
            && let Alert::StopRaised(first) = &earlier.alert
        {
            *raised = merged(first, raised);
            *earlier = telling;
        } else {
            kept.push(telling);
        }
    }
    kept
}

/// What a start found open.
fn found(replica: &Replica) -> String {
    let traders = replica.engine().traders().iter();
    let open: Vec<_> = traders.filter(|trader| trader.position().is_open()).collect();
    let uncovered = open.iter().filter(|trader| {
        let position = trader.position().open.as_ref();
        position.is_some_and(|position| position.unprotected_since.is_some())
    });
    match (open.len(), uncovered.count()) {
        (0, _) => "nothing was open".to_owned(),
        (1, 0) => "1 position is open, its stop is in place".to_owned(),
        (more, 0) => format!("{more} positions are open, their stops are in place"),
        (more, none) => format!("{more} positions are open, {none} of them without a stop yet"),
    }
}

#[expect(clippy::disallowed_methods, reason = "it waits beside the order thread")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
