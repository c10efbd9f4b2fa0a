//! `heikin store`: what is stored, checked, copied and put back.

mod export;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use heikin_core::engine::Sequence;
use heikin_core::time::Timestamp;

use self::export::What;
use super::failure::Failure;
use super::tell::tell;
use crate::control::front::backup as front;
use crate::store::disk::RealDisk;
use crate::store::journal::{JournalReader, Opened, Verify, verify};
use crate::store::snapshots::Snapshots;
use crate::store::view::View;
use crate::store::{self, Copied, DataLock, Existing, Layout, StoreError};

/// Check what is stored, export it, back it up and restore it.
///
/// `verify`, `export` and `backup` may be used while heikin runs.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// The data directory.
    #[arg(long, global = true, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read every record and every snapshot, and say whether they are good. Changes nothing.
    Verify,
    /// Print what is stored: every record as a line of JSON, or a table as CSV.
    Export {
        /// What to print.
        #[arg(value_enum, default_value_t = What::Records)]
        what: What,
    },
    /// Copy journals and snapshots into a new folder, and verify the copy. Keys stay behind: what
    /// people wrote, and how they call themselves, is not in it.
    Backup {
        /// The folder, which must be empty or not exist.
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Put a backup where the data directory is.
    Restore {
        /// The folder with the backup.
        #[arg(value_name = "DIR")]
        from: PathBuf,
        /// Move what is there into the quarantine first.
        #[arg(long)]
        replace: bool,
    },
    /// Build the indexed view anew from the journal.
    Rebuild,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let layout = Layout::new(&arguments.data);
    let outcome = match &arguments.action {
        Action::Verify => verify_all(&layout),
        Action::Export { what } => return export::export(&layout, *what),
        Action::Backup { to } => backup_all(&layout, to),
        Action::Restore { from, .. } if !Layout::new(from).journal().is_dir() => {
            return Err(Failure::bad_input(format!(
                "{} holds no backup: give a folder that `heikin store backup` has written. Nothing was \
                 changed",
                from.display()
            )));
        }
        Action::Restore { from, replace } => {
            let existing = if *replace { Existing::SetAside } else { Existing::Refuse };
            return restore_all(from, &layout, existing);
        }
        Action::Rebuild => rebuild(&layout),
    };
    outcome.map_err(failure)
}

fn failure(error: StoreError) -> Failure {
    if error.is_bad_input() { Failure::bad_input(error) } else { Failure::failed(error) }
}

/// The account's store, and what the chat remembers.
fn backup_all(layout: &Layout, to: &Path) -> Result<(), StoreError> {
    // Looked at first: what it has told of the account is then in the account's copy too.
    let chat = front::durable(layout.data())?;
    told_backup(to, &store::backup(layout, to)?);
    if let Some(through) = chat {
        front::copy(layout.data(), to, through)?;
        tell(&format!(
            "{}: what the chat remembers, to record {through}; without names, messages and keys",
            to.display()
        ));
    }
    Ok(())
}

fn restore_all(from: &Path, layout: &Layout, existing: Existing) -> Result<(), Failure> {
    store::check_apart(&Layout::new(from), layout).map_err(failure)?;
    front::check_room(layout, existing).map_err(failure)?;
    check_chats(from, layout)?;
    let copied = store::restore(&Layout::new(from), layout, existing, now()).map_err(failure)?;
    told_restore(layout, &copied);
    if let Some(through) = front::restore(from, layout, existing, now()).map_err(failure)? {
        tell(&format!(
            "{}: restored what the chat remembers, to record {through}",
            layout.data().display()
        ));
    }
    Ok(())
}

/// What the chat remembers is looked at before the account is touched: what cannot be restored or set
/// aside must not end it half-way.
fn check_chats(from: &Path, layout: &Layout) -> Result<(), Failure> {
    let with = |remedy: String| {
        move |error: StoreError| {
            let Failure { exit, message } = failure(error);
            Failure { exit, message: format!("{message}.\n{remedy}") }
        }
    };
    front::check_copyable(from).map_err(with(format!(
        "Nothing was restored: this is what the chat remembers in the backup. To restore the account \
         without it, move the folder `front` out of {} and run this again: the chat then keeps what it \
         remembers here",
        from.display()
    )))?;
    if front::durable(from).map_err(failure)?.is_none() {
        return Ok(());
    }
    front::check_copyable(layout.data()).map_err(with(format!(
        "Nothing was restored: this is what the chat remembers here, which cannot be set aside. Move the \
         folder `journal` out of {} and run this again",
        layout.front().display()
    )))
}

/// The journal, looked at whole.
fn looked(layout: &Layout) -> Result<Opened, StoreError> {
    let opened = verify(&RealDisk, &layout.journal(), Verify::Everything)?;
    if opened.segments == 0 {
        return Err(StoreError::NoStore { path: layout.data().to_owned() });
    }
    Ok(opened)
}

fn verify_all(layout: &Layout) -> Result<(), StoreError> {
    let opened = looked(layout)?;
    tell(&format!(
        "journal    records {} to {} in {} segments: all good",
        opened.first, opened.last, opened.segments
    ));
    if let Some(torn) = &opened.torn {
        tell(&format!(
            "           {}, byte {}: the beginning of record {} ({} bytes), which was never acted \
             on; heikin cuts it off when it starts",
            torn.segment.display(),
            torn.offset,
            torn.record,
            torn.bytes
        ));
    }
    if opened.is_unmarked {
        tell(
            "           the file `durable` is missing or unreadable, so a loss at the end would not \
             be noticed; heikin writes it anew when it starts",
        );
    }
    let found = Snapshots::new(RealDisk, &layout.snapshots()).newest()?;
    for (path, what) in &found.damaged {
        tell(&format!("snapshot   {} is damaged ({what}): an older one is used", path.display()));
    }
    match found.newest {
        Some(saved) => tell(&format!("snapshot   through record {}: good", saved.through)),
        None => tell("snapshot   none: a start reads the whole journal"),
    }
    verify_chat(layout)
}

fn verify_chat(layout: &Layout) -> Result<(), StoreError> {
    match front::durable(layout.data()) {
        Ok(Some(through)) => tell(&format!("chat       records up to {through}: all good")),
        Ok(None) => {}
        Err(error) => {
            tell(&format!(
                "chat       what the chat remembers is damaged; the account's records above are good. {}",
                front::REMEDY
            ));
            return Err(error);
        }
    }
    Ok(())
}

/// The last record that is certainly durable.
fn durable(reader: &JournalReader<RealDisk>, opened: &Opened) -> Result<Sequence, StoreError> {
    let marked = reader.durable()?;
    Ok(if marked == 0 { opened.last } else { marked })
}

fn told_backup(to: &Path, copied: &Copied) {
    tell(&format!(
        "{}: records {} to {} and {} snapshots, verified",
        to.display(),
        copied.first,
        copied.last,
        copied.snapshots
    ));
}

fn told_restore(layout: &Layout, copied: &Copied) {
    for path in &copied.set_aside {
        tell(&format!("what was there is now {}", path.display()));
    }
    tell(&format!(
        "{}: restored records {} to {} and {} snapshots. What happened after record {} is not in the \
         backup: heikin asks the exchange for it when it starts",
        layout.data().display(),
        copied.first,
        copied.last,
        copied.snapshots,
        copied.last
    ));
}

fn rebuild(layout: &Layout) -> Result<(), StoreError> {
    let opened = looked(layout)?;
    let _lock = DataLock::take(layout.data(), now())?;
    let aside = store::set_view_aside(layout, now())?;
    let reader = JournalReader::new(RealDisk, &layout.journal());
    let (view, report) = View::open(layout, &reader, durable(&reader, &opened)?, now())?;
    if let Some(path) = aside {
        tell(&format!("the old view is now {}", path.display()));
    }
    tell(&format!(
        "{}: {} rows from {} records",
        layout.view().display(),
        view.row_count(),
        report.applied
    ));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "when it was asked for names what is set aside")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
