//! Settings that change while heikin runs, beside a file that changes too.

use heikin::config::changeable::{Changeable, Difference, Edit, Merged};
use heikin::config::{Config, Paths, Variables};

const TRADERS: &str = "[[trader]]\nsymbol = \"BTCUSDT\"\ninterval = \"12h\"\npercent = 50\n\
                       [[trader]]\nsymbol = \"ETHUSDT\"\ninterval = \"4h\"\npreset = \"classic\"\n\
                       quote = \"100\"\n";

fn file(limits: &str, traders: &str) -> Changeable {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("mode = \"paper\"\n[account]\n{limits}\n{traders}");
    std::fs::write(folder.path().join("heikin.toml"), text).unwrap();
    let variables: Variables = std::iter::empty::<(String, String)>().collect();
    Changeable::of(&Config::load(&Paths::in_folder(folder.path()), &variables).unwrap())
}

fn edit(key: &str, trader: Option<usize>, value: &str) -> Edit {
    let names = [("BTCUSDT", "12h"), ("ETHUSDT", "4h")];
    let name = |place: usize| {
        let (symbol, interval) = names[place];
        (symbol.parse().unwrap(), interval.parse().unwrap())
    };
    Edit { key: key.to_owned(), trader: trader.map(name), value: value.to_owned() }
}

fn told(differences: &[Difference]) -> Vec<String> {
    let one = |it: &Difference| {
        let whose = it.trader.map_or(String::new(), |(symbol, _)| format!("{symbol} "));
        format!("{whose}{} {} → {}", it.key, it.old, it.new)
    };
    differences.iter().map(one).collect()
}

#[test]
fn every_setting_can_be_written_back_as_it_is_shown() {
    let all = file("max_trade = \"500\"\nmax_drawdown_pct = 20", TRADERS);
    for shown in all.shown().iter().filter(|shown| !shown.value.is_empty()) {
        let edit =
            Edit { key: shown.key.to_owned(), trader: shown.trader, value: shown.value.clone() };
        assert_eq!(all.edited(&[edit]).as_ref(), Ok(&all), "{}", shown.key);
    }
}

#[test]
fn what_is_left_out_goes_back_to_what_the_file_would_mean_without_it() {
    let all = file("max_trade = \"500\"\nmax_open_trades = 3\ncooldown = 60", TRADERS);
    let changed = all
        .edited(&[
            edit("account.max_trade", None, ""),
            edit("account.cooldown", None, ""),
            edit("exit.trigger_offset", Some(0), "9"),
            edit("exit.trigger_offset", Some(1), "9"),
            edit("exit.on_red", Some(1), "yes"),
        ])
        .unwrap();
    assert_eq!(
        told(&all.differences(&changed)),
        [
            "account.max_trade 500 → ",
            "account.cooldown 60 → 0",
            "BTCUSDT exit.trigger_offset 3 atr → 9",
            "ETHUSDT exit.trigger_offset 0 → 9",
            "ETHUSDT exit.on_red off → on",
        ]
    );
    let back = changed
        .edited(&[
            edit("exit.trigger_offset", Some(0), " "),
            edit("exit.trigger_offset", Some(1), ""),
            edit("exit.on_red", Some(1), ""),
        ])
        .unwrap();
    assert_eq!(back.traders, all.traders, "each to its own preset");
}

#[test]
fn what_is_not_understood_names_key_value_and_remedy() {
    let all = file("", TRADERS);
    for (edits, words) in [
        (vec![edit("exit.on_red", None, "on")], "Name one of: BTCUSDT 12h, ETHUSDT 4h."),
        (vec![edit("account.max_trade", Some(0), "1")], "Name no trader"),
        (vec![edit("mode", None, "live")], "holds from the start of heikin on"),
        (vec![edit("http.listen", None, "0.0.0.0:1")], "holds from the start of heikin on"),
        (vec![edit("entry.ma_filter", Some(0), "-1")], "entry.ma_filter = \"-1\""),
        (vec![edit("entry.ma_filter", Some(0), "70000")], "from 1 to 65535"),
        (vec![edit("\u{7}", Some(0), "1")], "is no setting"),
        (vec![edit("quote", Some(0), "0")], "above 0"),
        (
            vec![edit("exit.on_red", Some(0), "on"), edit("exit.on_red", Some(0), "off")],
            "given beside",
        ),
        (vec![edit("quote", Some(0), "9"), edit("fixed", Some(0), "1")], "given beside quote"),
    ] {
        let faults = all.edited(&edits).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let text = faults[0].to_string();
        assert!(text.contains(words) && !text.contains('\u{7}'), "{text}");
    }
    let secret = "kP9x".repeat(12);
    let faults = all.edited(&[edit("quote", Some(0), &secret)]).unwrap_err();
    assert!(!faults[0].to_string().contains(&secret), "it may be a key that was pasted here");
}

#[test]
fn a_file_that_says_the_same_as_before_leaves_what_was_changed_meanwhile() {
    let before = file("max_trade = \"500\"\nmax_open_trades = 3", TRADERS);
    let chosen = before
        .edited(&[
            edit("account.max_trade", None, ""),
            edit("account.max_open_trades", None, "5"),
            edit("quote", Some(0), "75"),
            edit("exit.on_red", Some(0), "off"),
        ])
        .unwrap();
    let Merged { settings, kept, ended } = Changeable::merged(&before, &chosen, &before);
    assert_eq!((&settings, ended), (&chosen, Vec::new()));
    assert_eq!(told(&kept), told(&before.differences(&chosen)));
}

#[test]
fn a_file_that_was_changed_goes_before_for_the_settings_that_were_changed_in_it() {
    let before = file("max_trade = \"500\"\nmax_open_trades = 3", TRADERS);
    let chosen = before
        .edited(&[
            edit("account.max_trade", None, "900"),
            edit("account.max_open_trades", None, "5"),
            edit("quote", Some(0), "75"),
            edit("exit.on_red", Some(1), "on"),
        ])
        .unwrap();
    let traders = TRADERS.replace("percent = 50", "percent = 60\nrearm_after = 2");
    let now = file("max_trade = \"600\"\nmax_open_trades = 3\ncooldown = 5", &traders);
    let Merged { settings, kept, ended } = Changeable::merged(&before, &chosen, &now);
    assert_eq!(
        told(&kept),
        ["account.max_open_trades 3 → 5", "ETHUSDT exit.on_red off → on"],
        "from the file's to what holds"
    );
    let all = told(&ended);
    assert!(all.contains(&"account.max_trade 900 → 600".to_owned()), "{all:?}");
    assert!(all.contains(&"BTCUSDT percent  → 60".to_owned()), "how much is one decision: {all:?}");
    assert_eq!(
        told(&now.differences(&settings)),
        told(&kept),
        "all else is the file's, what is new in it too"
    );
    // Read once more, nothing moves.
    let again = Changeable::merged(&now, &settings, &now);
    assert_eq!((again.settings, again.ended), (settings, Vec::new()));
}

#[test]
fn a_file_that_excludes_what_was_changed_meanwhile_holds_as_it_is() {
    let before = file("", TRADERS);
    let chosen = before.edited(&[edit("exit.take_profit_pct", Some(0), "3")]).unwrap();
    let traders = TRADERS.replacen("percent = 50", "percent = 50\nexit.order = \"stop_market\"", 1);
    let now = file("", &traders);
    let Merged { settings, ended, .. } = Changeable::merged(&before, &chosen, &now);
    assert_eq!(settings, now);
    assert_eq!(told(&ended), ["BTCUSDT exit.take_profit_pct 3 → 0"]);
}
