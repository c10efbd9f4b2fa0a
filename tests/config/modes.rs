use heikin::config::{AccountUse, CONSENT_ALONE, CONSENT_SHARED, Mode, Venue};

use crate::files::Folder;

const TRADER: &str = "\n[[trader]]\nsymbol = \"BTCUSDT\"\npercent = 50\n";
const TEST_KEYS: [(&str, &str); 2] =
    [("BINANCE_TESTNET_API_KEY", "k"), ("BINANCE_TESTNET_API_SECRET", "s")];
const KEYS: [(&str, &str); 2] = [("BINANCE_API_KEY", "k"), ("BINANCE_API_SECRET", "s")];

fn file(head: &str) -> Folder {
    Folder::new().with("heikin.toml", format!("{head}{TRADER}"))
}

fn mode(folder: &Folder, variables: &[(&str, &str)]) -> (&'static str, Venue) {
    let config = folder.load(variables).unwrap();
    (config.mode.name(), config.venue)
}

#[test]
fn without_being_told_nothing_is_risked() {
    assert_eq!(mode(&Folder::new(), &[]), ("demo", Venue::Embedded));
    assert_eq!(mode(&Folder::new(), &KEYS), ("demo", Venue::Embedded));
    assert_eq!(mode(&Folder::new(), &[("MODE", "paper")]), ("paper", Venue::Production));
    assert_eq!(mode(&file(""), &[]), ("paper", Venue::Production));
    assert_eq!(mode(&file(""), &TEST_KEYS), ("testnet", Venue::Testnet));
    let told = file("").fault(&KEYS);
    assert!(told.contains("mode is missing") && told.contains("mode = \"paper\""), "{told}");
}

#[test]
fn paper_without_a_file_has_something_to_trade() {
    let config = Folder::new().load(&[("MODE", "paper")]).unwrap();
    assert_eq!(config.traders.len(), 1);
    assert_eq!(config.paper.balances.len(), 1);
    let told = Folder::new().with("heikin.toml", "mode = \"paper\"").fault(&[]);
    assert!(told.contains("nothing to trade") && told.contains("heikin init"), "{told}");
}

#[test]
fn real_money_needs_keys_and_consent() {
    let live = "mode = \"live\"\n";
    let told = file(live).load(&[]).unwrap_err().to_string();
    assert!(told.contains("BINANCE_API_KEY") && told.contains("live.consent"), "{told}");
    let told = file(live).fault(&KEYS);
    assert!(told.contains(CONSENT_ALONE) && told.contains(CONSENT_SHARED), "{told}");
    let told =
        file(&format!("{live}[live]\nconsent = \"yes\"\n")).load(&KEYS).unwrap_err().to_string();
    assert!(told.contains("live.consent = \"yes\""), "{told}");
    // Consent alone does not start it, and neither do the keys of testnet.
    let said = |sentence: &str| file(&format!("{live}[live]\nconsent = \"{sentence}\"\n"));
    assert!(said(CONSENT_ALONE).fault(&TEST_KEYS).contains("BINANCE_API_KEY"));
    let without = file(&format!("[live]\nconsent = \"{CONSENT_ALONE}\"\n"));
    assert!(without.fault(&KEYS).contains("mode is missing"));
    for (sentence, expected) in
        [(CONSENT_ALONE, AccountUse::Alone), (CONSENT_SHARED, AccountUse::Shared)]
    {
        let config = said(&format!("{sentence}.")).load(&KEYS).unwrap();
        assert!(matches!(config.mode, Mode::Live(_, used) if used == expected), "{sentence}");
        assert_eq!(config.venue, Venue::Production);
    }
}

#[test]
fn the_chats_time_goes_faster_with_a_stand_in_alone_and_never_with_real_money() {
    let standin = "[telegram]\napi_url = \"http://127.0.0.1:8082\"\nspeed = 60\n";
    let since = "speed_since = \"2026-11-20T10:00:00Z\"\n";
    let config = file(&format!("{standin}{since}")).load(&[]).unwrap();
    assert_eq!(config.telegram.speed.get(), 60);
    let told = file(standin).fault(&[]);
    assert!(told.contains("telegram.speed_since"), "{told}");
    let told = file(&format!("[telegram]\nspeed = 60\n{since}")).fault(&[]);
    assert!(told.contains("telegram.speed") && told.contains("stand-in"), "{told}");
    let live = format!("mode = \"live\"\n[live]\nconsent = \"{CONSENT_ALONE}.\"\n{standin}{since}");
    let told = file(&live).fault(&KEYS);
    assert!(told.contains("telegram.speed") && told.contains("live"), "{told}");
}

#[test]
fn play_money_may_be_either_of_two_exchanges() {
    let demo = file("mode = \"testnet\"\nexchange.hosts = \"demo\"\n");
    assert_eq!(mode(&demo, &TEST_KEYS), ("testnet", Venue::DemoMode));
    let told = file("mode = \"testnet\"").fault(&KEYS);
    assert!(told.contains("BINANCE_TESTNET_API_KEY"), "{told}");
    let told = file("mode = \"paper\"\nexchange.hosts = \"demo\"\n").fault(&[]);
    assert!(told.contains("exchange.hosts"), "{told}");
}

#[test]
fn half_a_pair_of_keys_is_told_by_its_missing_half() {
    let told = file("").fault(&KEYS[..1]);
    assert!(told.contains("BINANCE_API_SECRET is missing"), "{told}");
    let told = file("").fault(&KEYS[1..]);
    assert!(told.contains("BINANCE_API_KEY is missing"), "{told}");
}

#[test]
fn a_simulator_is_on_this_machine_and_whole() {
    let told = file("exchange.rest = \"http://127.0.0.1:1\"\n").load(&[]).unwrap_err().to_string();
    assert!(told.contains("exchange.streams") && told.contains("exchange.websocket_api"), "{told}");
    for address in [
        "http://10.0.0.1:80",
        "http://localhost@example.com",
        "https://127.0.0.1",
        "http://127.0.0.1.example.com",
    ] {
        let told =
            file(&format!("exchange.rest = \"{address}\"\n")).load(&[]).unwrap_err().to_string();
        assert!(told.contains(address), "{told}");
    }
    assert!(file("exchange.lockstep = true\n").fault(&[]).contains("without a simulator"));
}

#[test]
fn others_reach_it_only_when_that_is_allowed() {
    let told = file("http.listen = \"0.0.0.0:8080\"\n").fault(&[]);
    assert!(told.contains("http.allow_remote"), "{told}");
    let config =
        file("http = { listen = \"0.0.0.0:8080\", allow_remote = true }\n").load(&[]).unwrap();
    assert!(config.warnings.iter().any(|warning| warning.contains("0.0.0.0:8080")));
}

#[test]
fn two_traders_cannot_be_told_apart_by_symbol_and_interval_alone() {
    let told = file(TRADER).fault(&[]);
    assert!(told.contains("BTCUSDT") && told.contains("12h") && told.contains("already"), "{told}");
    let other = file("[[trader]]\nsymbol = \"BTCUSDT\"\ninterval = \"4h\"\npercent = 50\n");
    assert_eq!(other.load(&[]).unwrap().traders.len(), 2);
}

#[test]
fn whoever_chooses_a_short_interval_is_told() {
    for (interval, part) in [
        ("5m", "fees take everything"),
        ("15m", "fees take everything"),
        ("1h", "four settings in five"),
    ] {
        let text =
            format!("[[trader]]\nsymbol = \"BTCUSDT\"\ninterval = \"{interval}\"\npercent = 50\n");
        let config = Folder::new().with("heikin.toml", text).load(&[]).unwrap();
        assert!(config.warnings.iter().any(|warning| warning.contains(part)), "{interval}");
    }
    assert!(file("").load(&[]).unwrap().warnings.is_empty());
}
