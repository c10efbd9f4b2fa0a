//! Which files a run is about.

use heikin::analysis::candle_file::{CandleFileError, CandleFiles, Problem};

use crate::folder::Folder;
use crate::rows::minutes;

#[test]
fn a_folder_is_the_candle_files_right_in_it() {
    let folder = Folder::new()
        .and("year/b.csv", minutes(0..5))
        .and("year/a.CSV", minutes(5..10))
        .and("year/README.md", "about these files")
        .and("year/BTCUSDT.zip.CHECKSUM", "1234  BTCUSDT.zip")
        .and("year/._b.csv", "left by a Mac")
        .and("year/older/c.csv", "not looked into")
        .and("year/folder.csv/d.csv", "not looked into either")
        .and("c.csv", minutes(10..15));
    assert_eq!(folder.read(&["year"]).0.len(), 10);
    assert_eq!(folder.read(&["c.csv", "year"]).0.len(), 15);
}

#[test]
fn a_folder_without_candle_files_is_refused() {
    let folder = Folder::new().and("year/README.md", "about these files");
    assert_eq!(
        folder.refusal(&["year"]),
        "year: this folder holds no candle files. Name files, or a folder with files that end in \
         .csv, .gz or .zip."
    );
}

#[test]
fn a_folder_of_folders_with_candle_files_names_them() {
    let folder = Folder::new()
        .and("candles/ETHUSDT-1h/a.csv", minutes(0..5))
        .and("candles/BTCUSDT-1h/a.csv", minutes(0..5))
        .and("candles/empty/README.md", "nothing");
    assert_eq!(
        folder.refusal(&["candles"]),
        "candles: this folder holds no candle files itself; these in it do: candles/BTCUSDT-1h, \
         candles/ETHUSDT-1h. Name one of them."
    );
}

#[test]
fn a_path_that_leads_nowhere_is_refused() {
    let folder = Folder::with_csv(minutes(0..5));
    assert_eq!(
        folder.refusal(&["candles.csv", "none.csv"]),
        "none.csv: there is no such file or folder. Check the path."
    );
}

#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_read_is_refused() {
    let folder = Folder::with_csv(minutes(0..5));
    std::os::unix::fs::symlink(folder.path("loop.csv"), folder.path("loop.csv")).unwrap();
    let told = folder.refusal(&["loop.csv"]);
    assert!(
        told.starts_with("loop.csv: cannot be read: ")
            && told.ends_with(". Check its permissions and the disk it is on."),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::with_csv(minutes(0..5));
    let path = folder.path("candles.csv");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        // The superuser may read everything.
        return;
    }
    assert_eq!(
        folder.refusal(&["candles.csv"]),
        "candles.csv: cannot be read: Permission denied (os error 13). Check its permissions and \
         the disk it is on."
    );
}

#[test]
fn a_run_without_any_file_is_refused() {
    let error = CandleFiles::open::<&str>(&[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no candle files were given. Name files, folders, or - for standard input."
    );
    assert!(error.file().is_none() && error.line().is_none());
}

#[test]
fn a_fault_can_be_asked_for_its_parts() {
    let folder = Folder::with_csv(minutes(0..5) + "x\n");
    let mut candles = CandleFiles::open(&[folder.path("candles.csv")]).unwrap();
    let error: CandleFileError = candles.find_map(Result::err).unwrap();
    assert_eq!(error.line(), Some(6));
    assert!(error.file().is_some_and(|file| file.to_string().ends_with("candles.csv")));
    assert!(matches!(error.problem(), Problem::Columns { found: 1 }));
}

#[test]
fn a_file_that_goes_away_during_the_run_is_told() {
    let folder = Folder::new().and("a.csv", minutes(0..5)).and("b.csv", minutes(5..10));
    let candles = CandleFiles::open(&[folder.path("a.csv"), folder.path("b.csv")]).unwrap();
    std::fs::remove_file(folder.path("b.csv")).unwrap();
    let run = crate::folder::run(candles, &folder.path(""));
    assert_eq!(run.candles.len(), 5);
    assert!(
        run.error.unwrap().ends_with("b.csv: there is no such file or folder. Check the path.")
    );
}
