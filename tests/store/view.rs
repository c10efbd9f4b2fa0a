//! The view: it is what the journal says, whatever becomes of its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use heikin::store::disk::RealDisk;
use heikin::store::journal::{FileJournal, Follower, JournalReader, Verify};
use heikin::store::view::{
    AlertRow, Answer, FillRow, OrderRow, Tables, TradeRow, View, ViewOpened,
};
use heikin::store::{Layout, StoreError};
use heikin_core::engine::{Body, Effect, Input, Journal as _, Record};
use heikin_core::order::{SubmitAnswer, VenueStatus};
use heikin_core::time::Timestamp;
use tempfile::TempDir;

use crate::account::trading;
use crate::records::settings;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

struct Data {
    layout: Layout,
    reader: JournalReader<RealDisk>,
    through: u64,
    _folder: TempDir,
}

impl Data {
    fn with(records: &[Record]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let (mut journal, _) = FileJournal::open(&layout.journal(), Verify::Everything).unwrap();
        for record in records {
            journal.append(record).unwrap();
        }
        journal.sync().unwrap();
        let reader = journal.reader();
        Self { layout, reader, through: records.len() as u64, _folder: folder }
    }

    fn open(&self) -> Result<(View, ViewOpened), StoreError> {
        View::open(&self.layout, &self.reader, self.through, NOW)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.layout.view().join(name)
    }

    fn quarantined(&self) -> usize {
        fs::read_dir(self.layout.quarantine()).map_or(0, Iterator::count)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Content {
    orders: Vec<OrderRow>,
    fills: Vec<FillRow>,
    trades: Vec<TradeRow>,
    alerts: Vec<AlertRow>,
}

fn content(view: &View) -> Content {
    Content {
        orders: view.rows().collect::<Result<_, _>>().unwrap(),
        fills: view.rows().collect::<Result<_, _>>().unwrap(),
        trades: view.rows().collect::<Result<_, _>>().unwrap(),
        alerts: view.rows().collect::<Result<_, _>>().unwrap(),
    }
}

#[test]
fn it_is_what_an_independent_fold_of_the_journal_gives() {
    let records = trading(300);
    let data = Data::with(&records);
    let (view, opened) = data.open().unwrap();
    assert_eq!(opened.applied, 2_400);
    let content = content(&view);
    let mut intents = BTreeMap::new();
    let mut fills = BTreeMap::new();
    let mut alerts = 0;
    for record in &records {
        match &record.body {
            Body::Effect(Effect::Submit(order)) => {
                intents.insert(order.id, (record.seq, *order, None, None));
            }
            Body::Effect(Effect::Notify(_)) => alerts += 1,
            Body::Input(Input::Submitted { id, answer }) => {
                let row = intents.get_mut(id).unwrap();
                row.2 = Some(match answer {
                    SubmitAnswer::Placed(_) => Answer::Placed,
                    SubmitAnswer::Refused { refusal, .. } => Answer::Refused(*refusal),
                    other => panic!("{other:?}"),
                });
            }
            Body::Input(Input::Report { report, .. }) => {
                let row = intents.get_mut(&report.state.id).unwrap();
                row.3 = row.3.max(Some(report.state.executed));
                let fill = report.fill.unwrap();
                fills.entry((report.state.id, fill.trade_id)).or_insert(fill);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(content.orders.len(), 600);
    for row in &content.orders {
        let (seq, order, answer, executed) = intents[&row.order.id];
        assert_eq!((row.seq, row.order, row.answer), (seq, order, answer));
        assert_eq!(row.states.iter().map(|state| state.executed).max(), executed);
        assert!(row.states.iter().all(|state| state.status == VenueStatus::Filled));
    }
    assert_eq!(content.fills.len(), 600);
    for row in &content.fills {
        assert_eq!(fills[&(row.order, row.fill.trade_id)], row.fill);
    }
    assert_eq!(content.alerts.len(), alerts);
    assert_eq!(content.trades, []);
}

#[test]
fn opened_again_it_goes_on_and_is_the_same_as_one_built_at_once() {
    let records = trading(120);
    let mut data = Data::with(&records);
    data.through = 333;
    let (view, opened) = data.open().unwrap();
    assert_eq!((opened.applied, view.applied()), (333, 333));
    drop(view);
    data.through = 960;
    let (view, opened) = data.open().unwrap();
    assert_eq!(opened, ViewOpened { rebuilt: None, applied: 960 - 333 });
    let whole = Data::with(&records);
    assert_eq!(content(&view), content(&whole.open().unwrap().0));
}

/// sled has let go of most pages, and taken them in again, when this is through.
#[test]
fn many_times_as_large_as_its_cache_it_says_the_same() {
    let records = trading(4_000);
    let data = Data::with(&records);
    let mut follower = Follower::behind(RealDisk, &data.layout.journal(), 0).unwrap();
    let (mut view, _) = View::open(&data.layout, &data.reader, 0, NOW).unwrap();
    while view.follow(&mut follower).unwrap() > 0 {}
    let rows = Tables::of(records.into_iter().map(Ok)).unwrap();
    let in_memory = Content {
        orders: rows.rows().collect::<Result<_, _>>().unwrap(),
        fills: rows.rows().collect::<Result<_, _>>().unwrap(),
        trades: rows.rows().collect::<Result<_, _>>().unwrap(),
        alerts: rows.rows().collect::<Result<_, _>>().unwrap(),
    };
    assert!(in_memory.orders.len() == 8_000 && content(&view) == in_memory);
    drop(view);
    let (view, opened) = data.open().unwrap();
    assert_eq!(opened, ViewOpened::default());
    assert!(content(&view) == in_memory);
}

#[test]
fn deleted_it_is_built_anew() {
    let data = Data::with(&trading(50));
    let (view, _) = data.open().unwrap();
    let before = content(&view);
    drop(view);
    fs::remove_dir_all(data.layout.view()).unwrap();
    let (view, opened) = data.open().unwrap();
    assert!(opened.rebuilt.is_some());
    assert_eq!(content(&view), before);
}

/// Damages a closed view with `damage`, and opens it: what was found then is right.
fn damaged(data: &Data, before: &Content, damage: impl FnOnce(&Path)) -> ViewOpened {
    damage(&data.layout.view());
    let (view, opened) = data.open().unwrap();
    assert_eq!(&content(&view), before);
    opened
}

#[test]
fn a_changed_byte_anywhere_never_changes_what_it_says() {
    let data = Data::with(&trading(40));
    let (view, _) = data.open().unwrap();
    let before = content(&view);
    drop(view);
    let whole = fs::read(data.file("db")).unwrap();
    let (mut rebuilt, mut unharmed) = (0, 0);
    for step in 0..40 {
        let place = step * whole.len() / 40 + step * 13;
        let opened = damaged(&data, &before, |_| {
            let mut bytes = fs::read(data.file("db")).unwrap();
            let place = place % bytes.len();
            bytes[place] ^= 0x10;
            fs::write(data.file("db"), bytes).unwrap();
        });
        if opened.rebuilt.is_some() { rebuilt += 1 } else { unharmed += 1 }
    }
    assert!(rebuilt > 0, "{rebuilt} rebuilt, {unharmed} not");
    assert!(data.quarantined() <= 5);
}

#[test]
fn half_of_a_file_a_missing_one_and_leftovers_are_no_obstacle() {
    let data = Data::with(&trading(40));
    let (view, _) = data.open().unwrap();
    let before = content(&view);
    drop(view);
    damaged(&data, &before, |_| {
        let bytes = fs::read(data.file("db")).unwrap();
        fs::write(data.file("db"), &bytes[..bytes.len() / 2]).unwrap();
    });
    damaged(&data, &before, |_| fs::write(data.file("db"), "").unwrap());
    damaged(&data, &before, |_| fs::remove_file(data.file("db")).unwrap());
    damaged(&data, &before, |_| fs::write(data.file("conf"), "nonsense").unwrap());
    let half = |folder: &Path| {
        fs::write(folder.join("snap.0000000000000FFF.generating"), "half").unwrap();
    };
    let opened = damaged(&data, &before, half);
    assert_eq!(opened.rebuilt, None);
    damaged(&data, &before, |folder| {
        fs::remove_dir_all(folder).unwrap();
        fs::write(folder, "a file").unwrap();
    });
}

#[test]
fn the_view_of_another_journal_is_not_believed() {
    let data = Data::with(&trading(40));
    drop(data.open().unwrap());
    let mut records = trading(40);
    records[0].cause = 0;
    let other = Data::with(&records);
    fs::rename(data.layout.view(), other.layout.view()).unwrap();
    let (_view, opened) = other.open().unwrap();
    assert_eq!(opened.rebuilt.unwrap().0, "it is the view of another journal");
    assert_eq!(opened.applied, 320);
}

#[test]
fn a_second_opener_is_told_and_damages_nothing() {
    let data = Data::with(&trading(5));
    let (_view, _) = data.open().unwrap();
    let error = data.open().unwrap_err();
    assert!(error.to_string().contains("lock"), "{error}");
    assert_eq!(data.quarantined(), 0);
}

/// What the keeper does while heikin runs: the same rows as of a view that is built at once, through
/// changes of segments too.
#[test]
fn a_view_that_follows_the_journal_is_the_one_that_is_built_of_it() {
    let records = trading(200);
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(folder.path());
    let (mut journal, _) =
        FileJournal::open_on(RealDisk, &layout.journal(), Verify::Everything, settings(20_000))
            .unwrap();
    let reader = journal.reader();
    let (mut view, _) = View::open(&layout, &reader, 0, NOW).unwrap();
    let mut follower = Follower::behind(RealDisk, &layout.journal(), 0).unwrap();
    for group in records.chunks(70) {
        for record in group {
            journal.append(record).unwrap();
        }
        // What is not durable is not in it.
        assert_eq!(view.follow(&mut follower).unwrap(), 0);
        journal.sync().unwrap();
        assert_eq!(view.follow(&mut follower).unwrap(), group.len() as u64);
        assert_eq!(view.applied(), group.last().unwrap().seq);
    }
    let rows = |view: &View| view.rows::<OrderRow>().collect::<Result<Vec<_>, _>>().unwrap();
    let followed = rows(&view);
    assert!(followed.len() > 100);
    let mut elsewhere = Follower::behind(RealDisk, &layout.journal(), 10).unwrap();
    let error = view.follow(&mut elsewhere).unwrap_err();
    assert!(error.to_string().contains("another record"), "{error}");
    drop(view);
    // It knows whose it is, and is opened as it was left.
    let (view, opened) = View::open(&layout, &reader, records.len() as u64, NOW).unwrap();
    assert_eq!((opened.rebuilt, opened.applied), (None, 0));
    assert_eq!(rows(&view), followed);
    drop(view);
    fs::remove_dir_all(layout.view()).unwrap();
    let (view, _) = View::open(&layout, &reader, records.len() as u64, NOW).unwrap();
    assert_eq!(rows(&view), followed);
}
