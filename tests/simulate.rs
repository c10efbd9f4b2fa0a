//! Simulated worlds: those that once broke a rule, and what every one of them must have.

use std::num::{NonZeroU64, NonZeroUsize};

use heikin::analysis::simulate::{Campaign, Fault, Ground, Report, Runs, run};

/// Each of these seeds broke a rule once, in the worlds without a disk that were the first, and led
/// to a change of the engine.
const ONCE_FAILED: [u64; 33] = [
    208, 235, 463, 652, 655, 664, 771, 815, 946, 1_028, 1_643, 1_658, 1_961, 2_405, 2_909, 2_929,
    3_036, 3_120, 5_261, 9_100, 10_782, 14_139, 15_973, 17_299, 24_118, 26_581, 28_020, 28_204,
    40_171, 40_832, 53_812, 54_618, 60_618,
];

#[test]
fn worlds_that_once_broke_a_rule_hold() {
    for seed in ONCE_FAILED {
        for ground in [Ground::Memory, Ground::Disk] {
            let schedule = run(seed, ground, None, Runs::Once);
            assert_eq!(schedule.violation, None, "seed {seed}, journal: {ground:?}");
        }
    }
}

#[test]
fn a_schedule_is_long_and_has_faults() {
    for seed in 1..=20 {
        let schedule = run(seed, Ground::Disk, None, Runs::Twice);
        assert_eq!(schedule.violation, None, "heikin simulate --seed {seed} --trace");
        assert!(schedule.inputs >= 1_000, "seed {seed}: {} inputs", schedule.inputs);
        assert!(schedule.faults.total() >= 5, "seed {seed}: {} faults", schedule.faults.total());
    }
}

#[test]
fn a_campaign_reports_the_same_on_any_number_of_threads() {
    let on = |threads| {
        let threads = NonZeroUsize::new(threads).expect("more than none");
        let twice_every = NonZeroU64::MIN;
        Campaign { seeds: 1..13, threads, bug: None, twice_every }.run(|_| ())
    };
    let report = on(1);
    assert_eq!(report.schedules, 12);
    assert_eq!(report, on(3));
}

/// A world in memory is the same whatever the one on a disk has learnt: the seeds above stay what
/// they were.
#[test]
fn a_world_in_memory_stays_the_same_and_has_no_faults_of_the_disk() {
    let hash = (1..=20)
        .map(|seed| run(seed, Ground::Memory, None, Runs::Once))
        .inspect(|schedule| {
            assert!(schedule.faults.iter().all(|it| !it.0.is_of_disk() || it.1 == 0));
        })
        .fold(0_u64, |sum, schedule| sum.wrapping_add(schedule.hash));
    assert_eq!(format!("{hash:016x}"), "25e18dd1f2503e68");
}

#[test]
fn every_class_of_faults_strikes_and_the_store_meets_all_of_its_own() {
    let mut report = Report::default();
    for seed in 1..=60 {
        report.add(run(seed, Ground::Disk, None, Runs::Once));
    }
    for (fault, count) in report.faults.iter().filter(|it| it.0 != Fault::OrderRenamed) {
        assert!(count > 0, "{} never struck", fault.name());
    }
    assert_eq!(report.violations, 0, "{:?}", report.failed);
}

/// The first seeds of 10,000 in which each bug shows; `heikin simulate --plant all` finds more.
#[cfg(feature = "planted-bugs")]
#[test]
fn every_planted_bug_is_caught() {
    use heikin::analysis::simulate::Bug;

    for bug in Bug::ALL {
        let caught = (1..=1_100)
            .find(|seed| run(*seed, Ground::Disk, Some(bug), Runs::Once).violation.is_some());
        assert!(caught.is_some(), "bug {} ({bug:?}) was not caught", bug.number());
    }
}
