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
    /// Which command each was for; nothing of those that were stored before it was kept.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    marks: VecDeque<(RequestId, String)>,
    audit: VecDeque<AuditLine>,
}

impl Commands {
    /// How far a request has come; none where it was never made, or long ago.
    pub fn progress(&self, request: &RequestId) -> Option<&Progress> {
        let mut same = self.requests.iter().rev().filter(|(known, _)| known == request);
        same.next().map(|(_, progress)| progress)
    }

    /// Whether a request is known to have been made for another command than the one of this mark.
    pub fn was_for_another(&self, request: &RequestId, mark: &str) -> bool {
        self.mark(request).is_some_and(|known| known != mark)
    }

    fn mark(&self, request: &RequestId) -> Option<&str> {
        let mut same = self.marks.iter().rev().filter(|(known, _)| known == request);
        same.next().map(|(_, mark)| mark.as_str())
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

    pub(super) fn set(&mut self, request: &RequestId, progress: Progress, mark: Option<&str>) {
        if let Some(mark) = mark {
            self.keep_mark(request, mark);
        }
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

    /// Keeps which command a request is for.
    fn keep_mark(&mut self, request: &RequestId, mark: &str) {
        if self.mark(request).is_some() {
            return;
        }
        self.marks.push_back((request.clone(), mark.to_owned()));
        if self.marks.len() > Bounds::REQUESTS {
            self.marks.pop_front();
        }
    }

    pub(super) fn note(&mut self, line: AuditLine) {
        self.audit.push_back(line);
        if self.audit.len() > Bounds::AUDIT {
            self.audit.pop_front();
        }
    }
}
