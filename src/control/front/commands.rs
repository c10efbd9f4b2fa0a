//! What people did: requests with their outcome, so that none has two effects, and the audit log.

use std::collections::VecDeque;

use heikin_bot::backend::{AuditLine, Outcome, RequestId};
use heikin_core::engine::{Command, Sequence};
use serde::{Deserialize, Serialize};

use super::state::Bounds;

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Progress {
    /// It was on its way to the account; whether it arrived is in the account's journal.
    Begun {
        /// What was to be done.
        steps: Vec<Command>,
        /// Behind which of its records to look.
        after: Sequence,
    },
    /// It went like this.
    Finished(Box<Outcome>),
}

/// Requests and the audit log, the newest of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Commands {
    requests: VecDeque<(RequestId, Progress)>,
    audit: VecDeque<AuditLine>,
}

impl Commands {
    /// How far a request has come; none where it was never made, or long ago.
    pub fn progress(&self, request: &RequestId) -> Option<&Progress> {
        let mut same = self.requests.iter().rev().filter(|(known, _)| known == request);
        same.next().map(|(_, progress)| progress)
    }

    /// Requests whose end is not known.
    pub fn unfinished(&self) -> impl Iterator<Item = (&RequestId, &[Command], Sequence)> {
        self.requests.iter().filter_map(|(request, progress)| match progress {
            Progress::Begun { steps, after } => Some((request, steps.as_slice(), *after)),
            Progress::Finished(_) => None,
        })
    }

    /// The audit log, newest first.
    pub fn audit(&self) -> impl ExactSizeIterator<Item = &AuditLine> {
        self.audit.iter().rev()
    }

    pub(super) fn set(&mut self, request: &RequestId, progress: Progress) {
        let known = self.requests.iter_mut().rev().find(|(known, _)| known == request);
        if let Some((_, known)) = known {
            *known = progress;
            return;
        }
        self.requests.push_back((request.clone(), progress));
        if self.requests.len() > Bounds::REQUESTS {
            self.requests.pop_front();
        }
    }

    pub(super) fn note(&mut self, line: AuditLine) {
        self.audit.push_back(line);
        if self.audit.len() > Bounds::AUDIT {
            self.audit.pop_front();
        }
    }
}
