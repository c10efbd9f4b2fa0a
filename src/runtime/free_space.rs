//! Room on the disk that the journal grows on, looked at before it is gone: a journal that cannot be
//! written ends the process, with stops on the exchange and nobody to move them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use heikin_core::engine::{Command, Gate, GateState};
use tokio::sync::mpsc;

use super::runner::Request;

/// How often it is looked at.
const EVERY: Duration = Duration::from_mins(1);
/// Below this, people are told.
pub const LOW: u64 = 512 << 20;
/// Below this, nothing is entered: what is left is for protecting what is held.
pub const TOO_LOW: u64 = 64 << 20;
/// So much more than a limit is enough again.
const ENOUGH_AGAIN: u64 = 64 << 20;

/// The bytes that are free for heikin where `folder` lies; none where the system does not say.
pub fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Room {
    TooLow,
    Low,
    #[default]
    Enough,
}

impl Room {
    /// What `free` bytes are after this.
    const fn after(self, free: u64) -> Self {
        let (too_low, low) = match self {
            Self::TooLow => (TOO_LOW + ENOUGH_AGAIN, LOW + ENOUGH_AGAIN),
            Self::Low => (TOO_LOW, LOW + ENOUGH_AGAIN),
            Self::Enough => (TOO_LOW, LOW),
        };
        if free < too_low {
            Self::TooLow
        } else if free < low {
            Self::Low
        } else {
            Self::Enough
        }
    }
}

/// Looks every minute, tells what changes, and closes entries while there is too little room.
pub async fn watch(folder: PathBuf, requests: mpsc::Sender<Request>) {
    let mut room = Room::default();
    loop {
        // A disk that hangs holds up a thread that has nothing else to do.
        let looked = folder.clone();
        let free = tokio::task::spawn_blocking(move || free(&looked)).await.ok().flatten();
        if let Some(free) = free {
            let now = room.after(free);
            if now != room {
                tell(&folder, now, free);
            }
            if (now == Room::TooLow) != (room == Room::TooLow) && !turn(&requests, now).await {
                return;
            }
            room = now;
        }
        pause(EVERY).await;
    }
}

fn tell(folder: &Path, room: Room, free: u64) {
    let (folder, free) = (folder.display(), free >> 20);
    match room {
        Room::TooLow => tracing::error!(
            target: "alert",
            "{folder}: {free} MB are free: nothing is entered until there are more. Make room at \
             once: without any, heikin ends, and stops on the exchange are the only protection"
        ),
        Room::Low => tracing::warn!(
            target: "alert",
            "{folder}: {free} MB are free. Make room: the journal grows"
        ),
        Room::Enough => {
            tracing::info!(target: "alert", "{folder}: there is room again, {free} MB");
        }
    }
}

/// Whether somebody is left to be told.
async fn turn(requests: &mpsc::Sender<Request>, room: Room) -> bool {
    let state = if room == Room::TooLow { GateState::Closed } else { GateState::Open };
    Request::unanswered(Command::SetGate(Gate::DiskFull, state)).send_to(requests).await
}

#[expect(clippy::disallowed_methods, reason = "it waits beside the order thread")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn room_that_shrinks_is_told_and_a_little_more_is_not_yet_enough() {
        let mut room = Room::default();
        for (free, expected) in [
            (600, Room::Enough),
            (512, Room::Enough),
            (511, Room::Low),
            (575, Room::Low),
            (576, Room::Enough),
            (300, Room::Low),
            (63, Room::TooLow),
            (127, Room::TooLow),
            (128, Room::Low),
            (64, Room::Low),
            (0, Room::TooLow),
            (10_000, Room::Enough),
        ] {
            room = room.after(free * MB);
            assert_eq!(room, expected, "{free}");
        }
    }
}
