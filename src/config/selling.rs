//! From plans, keys and mode to how access is sold, or what does not fit.

use super::document::Entry;
use super::load::Parts;
use super::plan::{self, MOST_PLANS, PlanDraft, Subscription, webhook_secrets};
use super::read::Reader;
use super::sections::Sections;
use super::{Fault, Mode, Place};
use crate::subscription::Plan;
use crate::subscription::razorpay::{ApiKeys, ApiKeysError, KeyKind};

impl Reader {
    /// The plans of the file.
    pub(super) fn plans(&mut self, sections: &mut Sections, plans: &[(usize, Vec<Entry<'_>>)]) {
        if plans.len() > MOST_PLANS {
            let what = format!("is there {} times", plans.len());
            self.fault(None, "plan", &what, &format!("Give at most {MOST_PLANS}."));
        }
        for (line, entries) in plans {
            let Some(plan) = self.plan(*line, entries) else { continue };
            if sections.plans.iter().any(|known| known.id() == plan.id()) {
                let value = Some(format!("\"{}\"", plan.id()));
                self.faults.push(Fault {
                    place: self.place(Some(*line)),
                    key: "plan.id".to_owned(),
                    value,
                    what: "is another plan's already: by it a purchase is found again".to_owned(),
                    remedy: "Give each plan an id of its own.".to_owned(),
                });
            }
            sections.plans.push(plan);
        }
    }

    fn plan(&mut self, line: usize, entries: &[Entry<'_>]) -> Option<Plan> {
        const ABOVE: &str = "plan.";
        let before = self.faults.len();
        let mut draft = PlanDraft::default();
        for entry in entries {
            if let Some(key) = plan::KEYS.iter().find(|key| key.name == entry.name) {
                let read = (key.read)(&mut draft, &entry.given);
                self.told(entry, ABOVE, key.allowed, read);
            } else {
                let known: Vec<_> = plan::KEYS.iter().map(|key| key.name).collect();
                self.unknown(entry, ABOVE, &known);
            }
        }
        for (name, remedy) in [
            ("id", "Give a short name for commands and records, such as id = \"monthly\"."),
            ("name", "Give the name that people read, such as name = \"Monthly alerts\"."),
        ] {
            if !entries.iter().any(|entry| entry.name == name) {
                self.fault(Some(line), &format!("plan.{name}"), "is missing", remedy);
            }
        }
        if self.faults.len() > before {
            return None;
        }
        match draft.plan()? {
            Ok(plan) => Some(plan),
            Err(what) => {
                let remedy = "Correct it; docs/configuration.md says what each key may be.";
                self.fault(Some(line), "plan", &what, remedy);
                None
            }
        }
    }

    /// How access is sold; none where nothing is on offer, or something does not fit.
    pub(super) fn selling(&mut self, parts: &Parts, mode: Option<&Mode>) -> Option<Subscription> {
        let sections = &parts.sections;
        if sections.plans.is_empty() {
            return None;
        }
        let secrets = &parts.secrets.razorpay;
        for (key, secret) in
            [("RAZORPAY_KEY_ID", &secrets.key_id), ("RAZORPAY_KEY_SECRET", &secrets.key_secret)]
        {
            // What could not be read is told already.
            if secret.is_none() && !self.faults.iter().any(|fault| fault.key.starts_with(key)) {
                let remedy = format!("Give it in .env ({key}=…), or take the plans out.");
                self.fault(None, key, "is missing: there are plans, and nobody could pay", &remedy);
            }
        }
        let changed = sections.selling.webhook_changed;
        let webhook = match (&secrets.webhook_secret, &secrets.previous_webhook_secret, changed) {
            (Some(current), Some(previous), Some(at)) => {
                Some(webhook_secrets(current, Some((previous, at))))
            }
            (current, None, _) => current.as_ref().map(|current| webhook_secrets(current, None)),
            (_, Some(_), _) => {
                let key = "subscription.webhook_changed";
                let what = "or RAZORPAY_WEBHOOK_SECRET is missing, although there is a \
                            RAZORPAY_WEBHOOK_SECRET_PREVIOUS";
                let remedy = "Say when it was changed, such as \"2026-11-20T10:00:00Z\": the one \
                              before is taken for 48 hours after that. Or leave it out.";
                self.fault(None, key, what, remedy);
                None
            }
        };
        let needed = match mode? {
            Mode::Live(..) => KeyKind::Live,
            Mode::Demo | Mode::Paper | Mode::Testnet(_) => KeyKind::Test,
        };
        let (id, secret) = (secrets.key_id.clone()?, secrets.key_secret.clone()?);
        let keys = ApiKeys::new(id, secret, needed).map_err(|error| self.wrong_key(error)).ok()?;
        Some(Subscription {
            plans: sections.plans.clone(),
            link_life: sections.selling.link_life,
            callback: sections.selling.callback.clone(),
            api: sections.selling.api.clone(),
            keys,
            webhook,
        })
    }

    fn wrong_key(&mut self, error: ApiKeysError) {
        let (what, remedy) = match error {
            ApiKeysError::WrongKind { needed: KeyKind::Live, .. } => (
                "is a test key, and in mode \"live\" people pay real money",
                "Give the live key (rzp_live_…), or change the mode.",
            ),
            ApiKeysError::WrongKind { needed: KeyKind::Test, .. } => (
                "is a live key, and only in mode \"live\" people pay real money",
                "Give the test key (rzp_test_…), or say mode = \"live\".",
            ),
            ApiKeysError::NoKeyId | ApiKeysError::NoSecret => (
                "is no key id: those begin with rzp_test_ or rzp_live_",
                "Copy it from the Razorpay dashboard, Account & Settings, API keys.",
            ),
        };
        self.faults.push(Fault {
            place: Place::Environment,
            key: "RAZORPAY_KEY_ID".to_owned(),
            value: Some("[hidden]".to_owned()),
            what: what.to_owned(),
            remedy: remedy.to_owned(),
        });
    }
}
