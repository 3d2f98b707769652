//! `sim`: plays seeds.

use sim::plan::Plan;
use sim::play::play;

fn main() {
    let mut total = sim::coverage::Coverage::default();
    let (from, to): (u64, u64) = (
        std::env::args().nth(1).unwrap().parse().unwrap(),
        std::env::args().nth(2).unwrap().parse().unwrap(),
    );
    let mut transfers = 0;
    let mut failed = 0;
    for seed in from..to {
        let plan = Plan::new(seed, 250);
        let played = play(&plan, None);
        transfers += played.transfers;
        total.add(&played.coverage);
        if let Some(breach) = played.breach {
            failed += 1;
            println!("seed {seed}: {breach}");
            if to - from == 1 {
                println!("{}", played.history.text());
            }
            if failed > 5 {
                break;
            }
        }
    }
    println!("{transfers} transfers\n{}", total.text());
}
