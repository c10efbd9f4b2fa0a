//! What a simulator is told.

use heikin::exchange::binance::lockstep::Lockstep;

use crate::support::{Server, client, ok, run, sleep};

#[test]
fn the_newest_report_always_arrives_and_those_it_replaces_need_not() {
    run(async {
        let server = Server::start(|_| ok("{}")).await;
        let lockstep = Lockstep::new(client(&server));
        lockstep.report(1, 2);
        sleep(10).await;
        for applied in 2..=9 {
            lockstep.report(applied, 0);
        }
        sleep(10).await;
        let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
        assert_eq!(
            bodies,
            [r#"{"applied":1,"in_flight":2,"post":1}"#, r#"{"applied":9,"in_flight":0,"post":9}"#]
        );
        let seen = &server.seen()[0];
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/simulator/lockstep"));
        assert!(!seen.head.to_ascii_lowercase().contains("apikey"));
    });
}
