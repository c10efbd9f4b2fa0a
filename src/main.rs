//! The command line of heikin.

fn main() {
    let mut args = std::env::args().skip(1);
    if std::env::args().nth(1).as_deref() == Some("trace") {
        let seed: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
        let (lines, v) = heikin::analysis::simulate::trace(seed, None);
        for l in lines {
            println!("{l}");
        }
        println!("{v:?}");
        return;
    }
    let from: u64 = args.next().unwrap().parse().unwrap();
    let n: u64 = args.next().unwrap().parse().unwrap();
    let bug =
        args.next().map(|s| heikin::analysis::simulate::Bug::ALL[s.parse::<usize>().unwrap() - 1]);
    let start = std::time::Instant::now();
    let (mut bad, mut inputs, mut faults) = (0, 0, 0);
    let mut kinds = std::collections::BTreeMap::new();
    for seed in from..from + n {
        let s = heikin::analysis::simulate::run(seed, bug);
        inputs += s.inputs;
        faults += s.faults.total();
        if let Some(v) = s.violation {
            bad += 1;
            let e = kinds.entry(v.rule).or_insert((0, seed, v.what.clone()));
            e.0 += 1;
        }
    }
    println!("{n} schedules, {bad} bad, {inputs} inputs, {faults} faults, {:?}", start.elapsed());
    for (k, v) in kinds {
        println!("{k}: {v:?}");
    }
}
