//! The systemd unit: what is started, how it ends, what it may do.

use std::collections::BTreeMap;

use crate::text;

#[test]
fn the_unit_starts_stops_and_confines_heikin() {
    let unit = text("docs/operations/heikin.service");
    let given: BTreeMap<_, _> = unit
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .collect();
    let start = given["ExecStart"].split(' ').map(str::to_owned);
    heikin::cli::command().try_get_matches_from(start).unwrap();
    for (key, value) in [
        ("User", "heikin"),
        ("Type", "notify"),
        // A start may wait for the exchange.
        ("TimeoutStartSec", "infinity"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "2"),
        ("KillSignal", "SIGTERM"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
    ] {
        assert_eq!(given.get(key), Some(&value), "{key}");
    }
    // A graceful stop takes up to eight seconds.
    assert!(given["TimeoutStopSec"].parse::<u32>().unwrap() > 8);
    // The order thread looks around every second.
    assert!(given["WatchdogSec"].parse::<u32>().unwrap() >= 10);
    // What is protected but for the state directory must hold all that is written.
    assert_eq!(given["WorkingDirectory"], format!("/var/lib/{}", given["StateDirectory"]));
}
