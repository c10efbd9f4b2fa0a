//! Settings that change while the engine runs: when they hold, and over restarts.

use heikin_core::engine::{
    Body, Chosen, Command, Configuration, Engine, EngineConfig, Input, Record, TraderSetup,
};
use heikin_core::market::Candle;
use heikin_core::matching::FillModel;
use heikin_core::order::{Denial, Skip, TraderId};
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{
    EntrySettings, ExitSettings, HeikinAshiSettings, HeikinAshiStrategy, Sizing, Strategy as _,
    StrategySettings, TraderState,
};
use heikin_core::time::Interval;

use crate::support::*;

const ENTRY_CANDLE: [&str; 4] = ["110", "125", "109", "124"];
const STOP: &str = "SELL 0.999 stop 106.31 limit 105.31";

fn chosen(value: HeikinAshiSettings) -> Command {
    let [value, written] = [value, settings()].map(StrategySettings::HeikinAshi);
    let traders = vec![(TraderId(0), Chosen { value, written })];
    Command::Configure(Box::new(Configuration { limits: None, traders }))
}

fn limited(value: RiskLimits) -> Command {
    let limits = Some(Chosen { value, written: RiskLimits::NONE });
    Command::Configure(Box::new(Configuration { limits, traders: Vec::new() }))
}

fn wider_entry() -> HeikinAshiSettings {
    let entry = EntrySettings { trigger_offset: offset("3"), ..settings().entry };
    HeikinAshiSettings { entry, ..settings() }
}

fn with_exit(change: impl FnOnce(&mut ExitSettings)) -> HeikinAshiSettings {
    let mut settings = settings();
    change(&mut settings.exit);
    settings
}

fn changeable(settings: HeikinAshiSettings) -> Engine {
    let mut engine = Engine::new(EngineConfig::UNLIMITED);
    engine.add_market(rules(), fees());
    let strategy = Box::new(HeikinAshiStrategy::changeable(settings));
    engine.add_trader(TraderSetup { symbol: symbol(), interval: Interval::H1, strategy }).unwrap();
    engine
}

#[test]
fn an_entry_stays_until_its_candle_closes_and_the_next_one_is_priced_by_the_new_settings() {
    let mut session = Session::worked(settings());
    let before = session.open();
    session.command(chosen(wider_entry()));
    assert_eq!(session.open(), before);
    assert!(session.engine().traders()[0].settings_change());
    session.candle(["110", "113", "104", "107"]);
    // The old settings give 114 and 116.
    assert_eq!(session.open(), ["BUY 1 stop 116 limit 118"]);
    let trader = &session.engine().traders()[0];
    assert!(!trader.settings_change());
    let Chosen { value, written } = trader.chosen_settings().unwrap();
    assert_eq!(value, StrategySettings::HeikinAshi(wider_entry()));
    assert_eq!(written, StrategySettings::HeikinAshi(settings()));
}

#[test]
fn taking_a_change_back_in_time_leaves_everything_as_it_was() {
    let mut session = Session::worked(settings());
    session.command(chosen(wider_entry())).command(chosen(settings()));
    assert!(!session.engine().traders()[0].settings_change());
    session.candle(["110", "113", "104", "107"]);
    assert_eq!(session.open(), ["BUY 1 stop 114 limit 116"]);
}

#[test]
fn a_stop_moves_neither_before_the_close_nor_ever_down() {
    for (distance, after) in [
        // The Heikin-Ashi low is then 112.65625.
        ("1", "SELL 0.999 stop 111.65 limit 110.65"),
        ("50", STOP),
    ] {
        let mut session = Session::worked(settings());
        session.candle(ENTRY_CANDLE);
        session.command(chosen(with_exit(|exit| exit.trigger_offset = offset(distance))));
        assert_eq!(session.open(), [STOP], "{distance}");
        session.candle(["124", "126", "120", "125"]);
        assert_eq!(session.open(), [after], "{distance}");
    }
}

#[test]
fn a_red_candle_of_before_sells_nothing_when_the_exit_on_red_is_switched_on() {
    let mut session = Session::worked(settings());
    session.candle(ENTRY_CANDLE);
    // Red, and above the stop.
    session.candle(["113", "113.5", "108", "108.5"]);
    session.candle(["108.5", "109", "107", "107.5"]);
    assert_eq!(session.state(), TraderState::Long);
    session.command(chosen(with_exit(|exit| exit.on_red = true)));
    assert_eq!(session.state(), TraderState::Long, "nothing before the close");
    session.candle(["107.5", "108", "106.8", "107"]);
    assert_eq!(session.state(), TraderState::ClosedLong, "red at its first close");
}

#[test]
fn limits_hold_at_once() {
    let mut session = Session::worked(settings());
    assert_eq!(session.open().len(), 1);
    session.command(limited(RiskLimits { max_trade: Some(money("100")), ..RiskLimits::NONE }));
    assert!(session.open().is_empty());
    assert_eq!(session.skip(), Some(Skip::Denied(Denial::TradeTooLarge)));
    assert_eq!(session.engine().limits().max_trade, Some(money("100")));
    session.command(limited(RiskLimits::NONE)).candle(["110", "113", "104", "107"]);
    assert_eq!(session.open().len(), 1);
    let all = session.engine().chosen_limits().unwrap();
    assert_eq!((all.value, all.written), (RiskLimits::NONE, RiskLimits::NONE));
}

#[test]
fn whatever_of_it_changes_holds_over_a_restart_before_and_after_the_close() {
    let mut session = Session::on(changeable(settings()), FillModel::default());
    session.candles(&WORKED);
    let limits = RiskLimits { max_open_trades: Some(1), ..RiskLimits::NONE };
    session.command(chosen(wider_entry())).command(limited(limits));
    for _ in 0..2 {
        let saved = session.engine().snapshot();
        let text = serde_json::to_string(&saved).unwrap();
        let mut restarted =
            changeable(HeikinAshiSettings { sizing: Sizing::Fixed(quantity("9")), ..settings() });
        restarted.restore(serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(restarted.snapshot(), saved, "not what it was set up with");
        assert_eq!(*restarted.limits(), limits);
        session.candle(["110", "113", "104", "107"]);
    }
    let strategy = session.engine().traders()[0].strategy().settings().unwrap();
    assert_eq!(strategy, StrategySettings::HeikinAshi(wider_entry()));
}

#[test]
fn folding_what_was_recorded_gives_the_same_state() {
    let mut folded = changeable(settings());
    let mut decided = changeable(settings());
    let mut effects = Vec::new();
    let input = |engine: &mut Engine, at, input: &Input, effects: &mut Vec<_>| {
        effects.clear();
        engine.step(at, input, effects);
    };
    let candles = WORKED.iter().zip(1..).map(|(prices, number)| candle(number, *prices));
    let candles: Vec<Candle> = candles.chain([candle(4, ["110", "113", "104", "107"])]).collect();
    for (number, candle) in candles.iter().enumerate() {
        let at = candle.close_time();
        let mut inputs = vec![Input::Candle {
            symbol: symbol(),
            interval: Interval::H1,
            candle: *candle,
            quote: None,
        }];
        if number == 2 {
            inputs.push(Input::Command(chosen(wider_entry())));
        }
        for one in inputs {
            input(&mut decided, at, &one, &mut effects);
            let record = |body| Record { seq: 1, cause: 1, at, body };
            folded.fold(&record(Body::Input(one)));
            effects.drain(..).for_each(|effect| folded.fold(&record(Body::Effect(effect))));
        }
    }
    assert_eq!(folded.snapshot(), decided.snapshot());
}

#[test]
fn indicators_that_were_not_needed_so_far_are_those_of_a_strategy_that_always_had_them() {
    let mut wanting = settings();
    wanting.entry.ma_filter = std::num::NonZeroU16::new(20);
    wanting.exit.trigger_offset = offset("2 atr");
    let mut longer = wanting;
    longer.entry.ma_filter = std::num::NonZeroU16::new(33);
    let mut always = HeikinAshiStrategy::changeable(longer);
    let mut changed = HeikinAshiStrategy::changeable(settings());
    for number in 1..=40 {
        let height = (100 + (number * 7) % 13).to_string();
        let top = (114 + number % 5).to_string();
        let candle = candle(number, ["100", &top, "90", &height]);
        for strategy in [&mut always, &mut changed] {
            strategy.on_candle(&candle);
        }
        if number == 30 {
            changed.configure(&StrategySettings::HeikinAshi(wanting));
        }
    }
    changed.configure(&StrategySettings::HeikinAshi(longer));
    assert_eq!(changed.save(), always.save());
}

#[test]
fn a_state_that_was_saved_before_settings_were_goes_on_with_those_that_are_configured() {
    let mut session = Session::on(changeable(settings()), FillModel::default());
    session.candles(&WORKED);
    let mut old = serde_json::to_value(session.engine().snapshot()).unwrap();
    old["version"] = 1.into();
    old.as_object_mut().unwrap().remove("limits");
    let trader = old["traders"][0].as_object_mut().unwrap();
    for name in ["settings", "next_settings", "written"] {
        trader.remove(name);
    }
    trader["indicators"].as_object_mut().unwrap().remove("past");
    let mut restarted = changeable(wider_entry());
    restarted.restore(serde_json::from_value(old).unwrap()).unwrap();
    let now = restarted.traders()[0].settings();
    assert_eq!(now, Some(StrategySettings::HeikinAshi(wider_entry())));
    assert_eq!(restarted.traders()[0].chosen_settings(), None);
}
