//! What a journal costs: appending and syncing on the way to the exchange, and reading it back at a
//! start.
//!
//! `cargo bench --bench journal`: it writes to the temporary folder, so point `TMPDIR` at the disk
//! that is of interest. One item is one record. A sync of one record should stay below 300 µs on an
//! SSD, and a start should read more than 100,000 records a second.

#![expect(clippy::expect_used, reason = "without its files, a bench has nothing to measure")]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use heikin::store::journal::{FileJournal, JournalReader, Verify, verify};
use heikin::store::view::View;
use heikin::store::{Layout, disk::RealDisk};
use heikin_core::engine::{Journal as _, Record, Sequence};
use heikin_core::time::Timestamp;
use serde_json::json;
use tempfile::TempDir;

const RECOVERED: Sequence = 100_000;

fn main() {
    divan::main();
}

/// A mixture like that of a trader: candles, intents, answers, reports.
fn record(seq: Sequence) -> Record {
    let at = 1_700_000_000_000_u64 + seq;
    let id = format!("hk10000-1-E{}-1", seq / 4 + 1);
    let quote = json!({ "bid": "64123.45", "ask": "64123.46", "at": at });
    let state = json!({ "id": id, "venue_id": 28_457_001_234_u64 + seq, "status": "OPEN",
        "executed": "0.0125", "working_since": at, "at": at });
    let body = match seq % 4 {
        0 => json!({ "Input": { "Candle": { "symbol": "BTCUSDT", "interval": "1m", "quote": quote,
            "candle": { "open_time": at / 60_000 * 60_000, "close_time": at / 60_000 * 60_000 + 59_999,
                "open": "64100.01", "high": "64180.5", "low": "64090.1", "close": "64123.45",
                "volume": "12.34567" } } } }),
        1 => json!({ "Effect": { "Submit": { "id": id, "symbol": "BTCUSDT", "reason": "breakout",
            "after": seq, "not_after": at, "terms": { "side": "BUY", "quantity": "0.0125", "kind":
                { "type": "STOP_LOSS_LIMIT", "trigger": "64180.51", "limit": "64212.6" } } } } }),
        2 => json!({ "Input": { "Submitted": { "id": id, "answer": { "Placed": state } } } }),
        _ => json!({ "Input": { "Report": { "quote": quote, "report": { "state": state, "fill":
            { "trade_id": 3_344_556_677_u64 + seq, "price": "64180.51", "quantity": "0.0125",
              "commission": "0.80225", "commission_asset": "USDT", "maker": false, "at": at } } } } }),
    };
    serde_json::from_value(json!({ "seq": seq, "cause": seq, "at": at, "body": body }))
        .expect("a record")
}

fn temporary() -> (TempDir, Layout) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let layout = Layout::new(folder.path());
    (folder, layout)
}

/// Records are appended, so many for each sync.
#[divan::bench(args = [1, 10, 100], sample_count = 1_000, sample_size = 1)]
fn append_and_sync(bencher: Bencher<'_, '_>, records: u64) {
    let (_folder, layout) = temporary();
    let (mut journal, _) =
        FileJournal::open(&layout.journal(), Verify::Everything).expect("a new journal");
    let mut batch: Vec<_> = (1..=records).map(record).collect();
    bencher.counter(ItemsCount::new(records)).bench_local(|| {
        for record in &mut batch {
            record.seq = journal.last() + 1;
            journal.append(record).expect("room");
        }
        journal.sync().expect("a disk");
    });
}

/// What the order thread does besides the sync.
#[divan::bench(sample_count = 200, sample_size = 1_000)]
fn append_only(bencher: Bencher<'_, '_>) {
    let (_folder, layout) = temporary();
    let (mut journal, _) =
        FileJournal::open(&layout.journal(), Verify::Everything).expect("a new journal");
    let mut batch: Vec<_> = (0..4).map(record).collect();
    let mut next = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        next = (next + 1) % batch.len();
        let record = batch.get_mut(next).expect("one of four");
        record.seq = journal.last() + 1;
        journal.append(record).expect("room");
    });
}

#[divan::bench(args = ["write", "parse"], sample_count = 200, sample_size = 1_000)]
fn json(bencher: Bencher<'_, '_>, what: &str) {
    let records: Vec<_> = (0..4).map(record).collect();
    let texts: Vec<_> =
        records.iter().map(|it| serde_json::to_vec(it).expect("a record")).collect();
    let bytes = texts.iter().map(Vec::len).sum::<usize>() / texts.len();
    let mut next = 0;
    let mut buffer = Vec::with_capacity(4_096);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        next = (next + 1) % records.len();
        if what == "write" {
            buffer.clear();
            serde_json::to_writer(&mut buffer, records.get(next).expect("one")).expect("a record");
            black_box(buffer.len());
        } else {
            let text = texts.get(next).expect("one");
            black_box(serde_json::from_slice::<Record>(text).expect("a record"));
        }
    });
}

/// A journal on the disk, written at once.
fn written() -> (TempDir, Layout) {
    let (folder, layout) = temporary();
    let (mut journal, _) =
        FileJournal::open(&layout.journal(), Verify::Everything).expect("a new journal");
    for seq in 1..=RECOVERED {
        journal.append(&record(seq)).expect("room");
    }
    journal.sync().expect("a disk");
    (folder, layout)
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn recovery_verify(bencher: Bencher<'_, '_>) {
    let (_folder, layout) = written();
    bencher.counter(ItemsCount::new(RECOVERED)).bench_local(|| {
        verify(&RealDisk, &layout.journal(), Verify::Everything).expect("a good journal")
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn recovery_read(bencher: Bencher<'_, '_>) {
    let (_folder, layout) = written();
    let reader = JournalReader::new(RealDisk, &layout.journal());
    bencher.counter(ItemsCount::new(RECOVERED)).bench_local(|| {
        for record in reader.records(0, Sequence::MAX).expect("a journal") {
            black_box(record.expect("a record"));
        }
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn rebuild_view(bencher: Bencher<'_, '_>) {
    let (_folder, layout) = written();
    let reader = JournalReader::new(RealDisk, &layout.journal());
    bencher.counter(ItemsCount::new(RECOVERED)).bench_local(|| {
        let now = Timestamp::EPOCH;
        heikin::store::set_view_aside(&layout, now).expect("room");
        View::open(&layout, &reader, RECOVERED, now).expect("a view")
    });
}
