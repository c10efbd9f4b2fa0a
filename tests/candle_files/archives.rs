//! Packed files that are damaged, or not of the kind that is read.

use zip::CompressionMethod::{Deflated, Stored};

use crate::folder::{Folder, gzip, zip};
use crate::rows::minutes;

const ROWS: i64 = 3_000;
const CSV: &str = "BTCUSDT-1m-2025-01.csv";

/// Changes the two bytes at `offset` behind every `signature` of a zip archive.
fn patch(archive: &mut [u8], signature: [u8; 4], offset: usize, value: u16) {
    let places: Vec<_> =
        (0..archive.len()).filter(|&place| archive[place..].starts_with(&signature)).collect();
    assert!(!places.is_empty());
    for place in places {
        archive[place + offset..place + offset + 2].copy_from_slice(&value.to_le_bytes());
    }
}

/// Sets a field of each file's header, here and in the archive's directory.
fn patched(mut archive: Vec<u8>, offset: usize, value: u16) -> Vec<u8> {
    patch(&mut archive, *b"PK\x03\x04", offset, value);
    patch(&mut archive, *b"PK\x01\x02", offset + 2, value);
    archive
}

#[test]
fn a_gzip_file_cut_off_is_refused_after_what_could_be_read() {
    let whole = gzip(minutes(0..ROWS));
    // Behind the data come the checksum and the length, four bytes each.
    for cut in
        [whole.len() / 2, whole.len() - 100, whole.len() - 8, whole.len() - 4, whole.len() - 1]
    {
        let run = Folder::with_csv(&whole[..cut]).run(&["candles.csv"]).unwrap();
        let read = run.candles.len();
        assert!(read > 1_000, "{read} candles of {cut} bytes");
        let told = run.error.unwrap();
        let place =
            format!("candles.csv: the gzip file is damaged or cut off after {read} candles (");
        assert!(told.starts_with(&place) && told.ends_with("). Download it again."), "{told}");
    }
    assert_eq!(
        Folder::with_csv(&whole[..15]).refusal(&["candles.csv"]),
        "candles.csv: the gzip file is damaged or cut off after 0 candles (incomplete deflate \
         stream). Download it again."
    );
}

#[test]
fn a_gzip_file_with_a_wrong_checksum_is_refused() {
    let mut packed = gzip(minutes(0..ROWS));
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    assert_eq!(
        Folder::with_csv(packed).refusal(&["candles.csv"]),
        "candles.csv: the gzip file is damaged or cut off after 3000 candles (corrupt gzip stream \
         does not have a matching checksum). Download it again."
    );
}

#[test]
fn a_gzip_file_with_something_behind_it_is_refused() {
    let packed = [&gzip(minutes(0..ROWS))[..], b"something else"].concat();
    assert_eq!(
        Folder::with_csv(packed).refusal(&["candles.csv"]),
        "candles.csv: the gzip file is damaged or cut off after 3000 candles (invalid gzip \
         header). Download it again."
    );
}

#[test]
fn lines_are_counted_in_the_unpacked_text() {
    let text = minutes(0..ROWS) + "x\n";
    let told = |place: &str| {
        format!(
            "{place}, line 3001: the line has 1 column, not the 12 of Binance's candles (open_time \
             to ignore). If the file was cut off, download it again; if it comes from another \
             program, export all 12 columns."
        )
    };
    let folder = Folder::new()
        .and("a.csv.gz", gzip(&text))
        .and("b.csv.gz", [gzip(&text[..5_000]), gzip(&text[5_000..])].concat())
        .and("c.zip", zip(&[(CSV, &text)], Deflated));
    assert_eq!(folder.refusal(&["a.csv.gz"]), told("a.csv.gz"));
    assert_eq!(folder.refusal(&["b.csv.gz"]), told("b.csv.gz"));
    assert_eq!(folder.refusal(&["c.zip"]), told("c.zip (BTCUSDT-1m-2025-01.csv inside)"));
}

#[test]
fn a_zip_file_with_another_number_of_csv_files_is_refused() {
    let refusal =
        |files: &[(&str, &str)]| Folder::with_csv(zip(files, Deflated)).refusal(&["candles.csv"]);
    let rows = minutes(0..3);
    assert_eq!(
        refusal(&[("a.csv", &rows), ("b.csv", &rows)]),
        "candles.csv: 2 CSV files are in the zip file: a.csv, b.csv. Unpack it, and give the \
         folder or one of the files."
    );
    assert_eq!(
        refusal(&[("a.txt", &rows), ("b.xlsx", &rows)]),
        "candles.csv: no CSV file is in the zip file: a.txt, b.xlsx. Give the CSV file itself."
    );
    assert_eq!(
        refusal(&[]),
        "candles.csv: no CSV file is in the zip file. Give the CSV file itself."
    );
    let names: Vec<_> = (10..22).map(|number| format!("{number}.csv")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), rows.as_str())).collect();
    assert_eq!(
        refusal(&many),
        "candles.csv: 12 CSV files are in the zip file: 10.csv, 11.csv, 12.csv, 13.csv, 14.csv, \
         15.csv, 16.csv, 17.csv, 18.csv, 19.csv and 2 more. Unpack it, and give the folder or one \
         of the files."
    );
}

#[test]
fn a_damaged_zip_file_is_refused() {
    let text = minutes(0..ROWS);
    let told = |read: i64, why: &str| {
        format!(
            "candles.csv (BTCUSDT-1m-2025-01.csv inside): the zip file is damaged or cut off after \
             {read} candles ({why}). Download it again."
        )
    };
    let whole = zip(&[(CSV, &text)], Stored);
    // A digit of a count, which no other check can see.
    let digit = whole.windows(4).position(|bytes| bytes == b",42,").unwrap() + 1;
    let mut changed = whole.clone();
    changed[digit] = b'5';
    assert_eq!(
        Folder::with_csv(changed).refusal(&["candles.csv"]),
        told(ROWS, "its checksum is wrong")
    );
    let mut packed = zip(&[(CSV, &text)], Deflated);
    let middle = packed.len() / 2;
    packed[middle..middle + 50].fill(0xff);
    let run = Folder::with_csv(packed).run(&["candles.csv"]).unwrap();
    assert!(
        run.error
            .as_ref()
            .is_some_and(|error| error.contains("damaged") || error.contains(", line ")),
        "{run:?}"
    );
    assert!(run.candles.len() < 3_000);
}

#[test]
fn a_zip_file_that_is_cut_off_is_refused() {
    let whole = zip(&[(CSV, &minutes(0..ROWS))], Deflated);
    for cut in [4, 100, whole.len() / 2, whole.len() - 10] {
        let told = Folder::with_csv(&whole[..cut]).refusal(&["candles.csv"]);
        assert!(
            told.starts_with("candles.csv: the zip file is damaged or cut off (")
                && told.ends_with("). Download it again."),
            "{told}"
        );
    }
}

#[test]
fn a_zip_file_whose_directory_promises_too_much_is_refused() {
    let mut archive = zip(&[(CSV, &minutes(0..ROWS))], Deflated);
    // The size of the file, once unpacked: a little more than it is.
    patch(&mut archive, *b"PK\x01\x02", 26, 0x0010);
    let told = Folder::with_csv(archive).refusal(&["candles.csv"]);
    assert!(told.contains("the zip file is damaged or cut off after 3000 candles (it"), "{told}");
}

#[test]
fn a_zip_file_of_a_kind_that_is_not_read_is_refused() {
    let archive = zip(&[(CSV, &minutes(0..ROWS))], Deflated);
    assert_eq!(
        Folder::with_csv(patched(archive.clone(), 6, 1)).refusal(&["candles.csv"]),
        "candles.csv: the zip file is encrypted. Unpack it with its password, and give the CSV \
         file."
    );
    let told = Folder::with_csv(patched(archive, 8, 12)).refusal(&["candles.csv"]);
    assert!(
        told.starts_with("candles.csv: the zip file is packed with ")
            && told.ends_with(". Unpack it, and give the CSV file."),
        "{told}"
    );
}
