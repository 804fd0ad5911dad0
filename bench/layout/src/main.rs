//! Measures what decides the slot and lane layout: slot stride, fences, medium messages, lane
//! scans and stamps, between two processes pinned to cores 0 and 1 over a shared memfd. Every
//! message is verified. The configurations are interleaved in rounds, and the tables give minimum,
//! median and maximum over the rounds, apart for rounds with the cores near and far.
//!
//! `bench-layout [ROUNDS]` (default 15). Run it on a machine that does nothing else.

mod lane;
mod medium;
mod run;
mod sys;

use lane::*;
use medium::*;
use run::*;
use sys::*;

type Measure = Box<dyn Fn(&Region) -> Vec<f64>>;

/// One row of a table: its measure returns one value for each column of the table.
struct Case {
    table: usize,
    name: &'static str,
    f: Measure,
    /// For each round: whether the cores were near, and the values.
    seen: Vec<(bool, Vec<f64>)>,
}

const LATENCY: &[&str] = &["p50 ns", "mean ns", "p99 ns"];
const RATE: &[&str] = &["M msg/s"];
const TABLES: &[(&str, &[&str])] = &[
    ("(a) cache line bounce, one way", LATENCY),
    ("(b) slot stride, one way", LATENCY),
    ("(b) slot stride, stream", RATE),
    ("(c) fence, one way", LATENCY),
    ("(c) fence, stream", RATE),
    (
        "(c) membarrier call",
        &["p50 ns", "p99 ns", "lost ns on other core"],
    ),
    ("(c) sleeping receivers, one way", LATENCY),
    ("(d) medium messages, one way", LATENCY),
    (
        "(d) medium messages, stream",
        &["M msg/s, cursor each", "M msg/s, cursor lazy"],
    ),
    ("(e) lane scan, one way", LATENCY),
    ("(f) stamp alone", &["ns"]),
    ("(f) stamp in the 48 B stream", RATE),
    ("(g) cursor and gate, 256 slots, stream", RATE),
];

struct Suite {
    cases: Vec<Case>,
    ns_per_tick: f64,
}

/// A hypervisor may move the two cores together or apart between rounds, so a short bounce before
/// each measurement says which: under this many ns one way they are near.
const NEAR: f64 = 100.0;

/// Messages in a stream run of inline messages.
const N: u64 = 3_000_000;

impl Suite {
    fn add(&mut self, table: usize, name: &'static str, f: Measure) {
        self.cases.push(Case {
            table,
            name,
            f,
            seen: Vec::new(),
        });
    }

    /// A stream over a lane of `slots` slots.
    fn lane_stream<
        const STRIDE: usize,
        const W: usize,
        const F: u8,
        const STAMP: u8,
        const STAMPED: bool,
        const EVERY: u64,
    >(
        &mut self,
        table: usize,
        name: &'static str,
        slots: u64,
    ) {
        let f = move |r: &Region| {
            stream(
                r,
                N,
                |s| LaneTx::<STRIDE, W, F, STAMP>::new(s, slots),
                |s| LaneRx::<STRIDE, W, STAMPED, EVERY>::new(s, slots),
            )
        };
        self.add(table, name, Box::new(f));
    }

    fn plain_stream<const STRIDE: usize, const W: usize, const EVERY: u64>(
        &mut self,
        name: &'static str,
        slots: u64,
    ) {
        self.lane_stream::<STRIDE, W, NO_FENCE, NO_STAMP, false, EVERY>(2, name, slots);
    }

    /// As `lane_stream`, for table 12: the writer pauses between looks at the cursor.
    fn gate_stream<const STRIDE: usize, const W: usize, const F: u8, const EVERY: u64>(
        &mut self,
        name: &'static str,
        pauses: u32,
    ) {
        let f = move |r: &Region| {
            stream(
                r,
                N,
                |s| LaneTx::<STRIDE, W, F, NO_STAMP>::new(s, 256).pauses(pauses),
                |s| LaneRx::<STRIDE, W, false, EVERY>::new(s, 256),
            )
        };
        self.add(12, name, Box::new(f));
    }

    fn lane_latency<const STRIDE: usize, const W: usize, const F: u8>(
        &mut self,
        table: usize,
        name: &'static str,
    ) {
        let t = self.ns_per_tick;
        let f = move |r: &Region| {
            ping_pong(
                r,
                t,
                TRIPS,
                |s| LaneTx::<STRIDE, W, F, NO_STAMP>::new(s, 256),
                |s| LaneRx::<STRIDE, W, false, 1>::new(s, 256),
            )
        };
        self.add(table, name, Box::new(f));
    }

    fn span<const STRIDE: usize, const W: usize>(&mut self, name: &'static str, slots: u64) {
        let t = self.ns_per_tick;
        let n = N / 2 / W as u64 * 16;
        let tx = move |s| SpanTx::<STRIDE, W>::new(s, slots);
        let rx = move |s| SpanRx::<STRIDE, W>::new(s, slots, 1);
        let lazy = move |s| SpanRx::<STRIDE, W>::new(s, slots, slots / 8);
        self.add(7, name, Box::new(move |r| ping_pong(r, t, TRIPS, tx, rx)));
        let f = move |r: &Region| [stream(r, n, tx, rx), stream(r, n, tx, lazy)].concat();
        self.add(8, name, Box::new(f));
    }

    fn pool<const W: usize, const IN_PLACE: bool, const OWN: bool, const REF: bool>(
        &mut self,
        name: &'static str,
        slots: u64,
    ) {
        let t = self.ns_per_tick;
        let n = N / 2 / W as u64 * 16;
        let tx = move |s| PoolTx::<W, IN_PLACE, OWN>::new(s, slots);
        let rx = move |s| PoolRx::<W, IN_PLACE, REF>::new(s, slots, 1);
        let lazy = move |s| PoolRx::<W, IN_PLACE, REF>::new(s, slots, slots / 8);
        self.add(7, name, Box::new(move |r| ping_pong(r, t, TRIPS, tx, rx)));
        let f = move |r: &Region| [stream(r, n, tx, rx), stream(r, n, tx, lazy)].concat();
        self.add(8, name, Box::new(f));
    }

    /// A ping-pong whose readers look for the message in `lanes` lanes, `lane_len` bytes apart.
    fn scan<const F: u8, const READY: bool>(
        &mut self,
        name: &'static str,
        lanes: u32,
        lane_len: usize,
    ) {
        let t = self.ns_per_tick;
        let active = lanes as usize / 2;
        let f = move |r: &Region| {
            ping_pong(
                r,
                t,
                TRIPS,
                |s| {
                    // SAFETY: 64 lanes of at most 20 KiB are inside a side's ring area of 2 MiB.
                    let ring = unsafe { s.ring().add(active * lane_len) };
                    LaneTx::<64, 6, F, NO_STAMP>::at(s, ring, 256, active)
                },
                |s| ScanRx::<READY>::new(s, lanes, lane_len, 256),
            )
        };
        self.add(9, name, Box::new(f));
    }

    fn fill(&mut self) {
        let t = self.ns_per_tick;
        self.add(
            0,
            "plain spin",
            Box::new(move |r| bounce(r, t, TRIPS, false)),
        );
        self.add(
            0,
            "spin with pause",
            Box::new(move |r| bounce(r, t, TRIPS, true)),
        );

        self.lane_latency::<64, 6, NO_FENCE>(1, "64 B stride, 48 B");
        self.lane_latency::<128, 6, NO_FENCE>(1, "128 B stride, 48 B");
        self.lane_latency::<128, 8, NO_FENCE>(1, "128 B stride, 64 B");
        self.lane_latency::<128, 13, NO_FENCE>(1, "128 B stride, 104 B");

        self.plain_stream::<64, 6, 1>("64 B stride, 48 B, cursor each", 256);
        self.plain_stream::<64, 6, 32>("64 B stride, 48 B, cursor every 32", 256);
        self.plain_stream::<128, 6, 1>("128 B stride, 48 B, cursor each", 256);
        self.plain_stream::<128, 6, 32>("128 B stride, 48 B, cursor every 32", 256);
        self.plain_stream::<128, 8, 1>("128 B stride, 64 B, cursor each", 256);
        self.plain_stream::<128, 8, 32>("128 B stride, 64 B, cursor every 32", 256);
        self.plain_stream::<128, 13, 1>("128 B stride, 104 B, cursor each", 256);
        self.plain_stream::<128, 13, 32>("128 B stride, 104 B, cursor every 32", 256);
        self.plain_stream::<64, 6, 1>("64 B stride, 48 B, cursor each, 4096 slots", 4096);
        self.plain_stream::<64, 6, 32>("64 B stride, 48 B, cursor every 32, 4096 slots", 4096);
        self.plain_stream::<128, 6, 1>("128 B stride, 48 B, cursor each, 4096 slots", 4096);
        self.plain_stream::<128, 6, 32>("128 B stride, 48 B, cursor every 32, 4096 slots", 4096);

        self.lane_latency::<64, 6, NO_FENCE>(3, "64 B stride, 48 B, none");
        self.lane_latency::<64, 6, FENCE>(3, "64 B stride, 48 B, SeqCst");
        self.lane_latency::<128, 13, FENCE>(3, "128 B stride, 104 B, SeqCst");
        self.lane_stream::<64, 6, NO_FENCE, NO_STAMP, false, 1>(4, "64 B stride, 48 B, none", 256);
        self.lane_stream::<64, 6, FENCE, NO_STAMP, false, 1>(4, "64 B stride, 48 B, SeqCst", 256);
        self.lane_stream::<64, 6, NO_FENCE, NO_STAMP, false, 32>(
            4,
            "64 B stride, 48 B, every 32, none",
            256,
        );
        self.lane_stream::<64, 6, FENCE, NO_STAMP, false, 32>(
            4,
            "64 B stride, 48 B, every 32, SeqCst",
            256,
        );
        self.lane_stream::<128, 6, NO_FENCE, NO_STAMP, false, 1>(
            4,
            "128 B stride, 48 B, none",
            256,
        );
        self.lane_stream::<128, 6, FENCE, NO_STAMP, false, 1>(4, "128 B stride, 48 B, SeqCst", 256);
        self.lane_stream::<128, 13, NO_FENCE, NO_STAMP, false, 1>(
            4,
            "128 B stride, 104 B, none",
            256,
        );
        self.lane_stream::<128, 13, FENCE, NO_STAMP, false, 1>(
            4,
            "128 B stride, 104 B, SeqCst",
            256,
        );

        for (name, other) in [
            ("other core sleeps", Other::Sleeps),
            ("other core spins", Other::Spins),
            ("other core publishes", Other::Publishes),
        ] {
            self.add(5, name, Box::new(move |r| membarrier_cost(r, t, other)));
        }

        // A handful of round trips: each takes two wakes.
        let fenced =
            move |r: &Region| ping_pong(r, t, 1200, WakeTx::<FENCE>::new, SleepRx::<false>::new);
        self.add(6, "fence in the publisher", Box::new(fenced));
        let barrier =
            move |r: &Region| ping_pong(r, t, 1200, WakeTx::<NO_FENCE>::new, SleepRx::<true>::new);
        self.add(6, "membarrier in the sleeper", Box::new(barrier));

        self.span::<64, 13>("104 B, 2 slots of 64, ring 256", 256);
        self.span::<128, 13>("104 B, 1 slot of 128, ring 256", 256);
        self.span::<64, 32>("256 B, 5 slots of 64, ring 256", 256);
        self.span::<64, 32>("256 B, 5 slots of 64, ring 4096", 4096);
        self.span::<128, 32>("256 B, 3 slots of 128, ring 256", 256);
        self.span::<128, 32>("256 B, 3 slots of 128, ring 2048", 2048);
        self.pool::<32, false, false, false>("256 B, pool, by cursor, ring 256", 256);
        self.pool::<32, false, false, true>("256 B, pool, reference, ring 256", 256);
        self.pool::<32, true, false, false>("256 B, pool in place, by cursor, ring 256", 256);
        self.pool::<32, true, false, true>("256 B, pool in place, reference, ring 256", 256);
        self.pool::<32, false, true, false>("256 B, lane's own pool, by cursor, ring 256", 256);
        self.pool::<32, true, true, false>(
            "256 B, lane's own pool in place, by cursor, ring 256",
            256,
        );
        self.span::<64, 128>("1 KiB, 19 slots of 64, ring 256", 256);
        self.span::<64, 128>("1 KiB, 19 slots of 64, ring 4096", 4096);
        self.span::<128, 128>("1 KiB, 9 slots of 128, ring 256", 256);
        self.span::<128, 128>("1 KiB, 9 slots of 128, ring 2048", 2048);
        self.pool::<128, false, false, false>("1 KiB, pool, by cursor, ring 256", 256);
        self.pool::<128, false, false, true>("1 KiB, pool, reference, ring 256", 256);
        self.pool::<128, true, false, false>("1 KiB, pool in place, by cursor, ring 256", 256);
        self.pool::<128, true, false, true>("1 KiB, pool in place, reference, ring 256", 256);
        self.pool::<128, false, true, false>("1 KiB, lane's own pool, by cursor, ring 256", 256);
        self.pool::<128, true, true, false>(
            "1 KiB, lane's own pool in place, by cursor, ring 256",
            256,
        );
        self.pool::<128, false, false, false>("1 KiB, pool, by cursor, ring 32", 32);

        self.scan::<NO_FENCE, false>("1 lane", 1, 16384);
        self.scan::<NO_FENCE, false>("4 lanes, 16 KiB apart", 4, 16384);
        self.scan::<NO_FENCE, false>("16 lanes, 16 KiB apart", 16, 16384);
        self.scan::<NO_FENCE, false>("64 lanes, 16 KiB apart", 64, 16384);
        self.scan::<NO_FENCE, false>("16 lanes, 16 KiB + 320 B apart", 16, 16384 + 320);
        self.scan::<NO_FENCE, false>("64 lanes, 16 KiB + 320 B apart", 64, 16384 + 320);
        self.scan::<READY_BIT, true>("64 lanes, writer sets a ready bit", 64, 16384);

        self.add(10, "clock_gettime", Box::new(|_| alone(clock_ns)));
        self.add(10, "rdtsc", Box::new(|_| alone(ticks)));
        self.lane_stream::<64, 6, NO_FENCE, NO_STAMP, false, 1>(11, "no stamp (48 B)", 256);
        self.lane_stream::<64, 6, NO_FENCE, CLOCK, true, 1>(11, "40 B + clock_gettime", 256);
        self.lane_stream::<64, 6, NO_FENCE, TSC, true, 1>(11, "40 B + rdtsc", 256);
        self.lane_stream::<64, 6, NO_FENCE, CLOCK_PER_32, true, 1>(
            11,
            "40 B + a clock per 32",
            256,
        );

        self.gate_stream::<64, 6, NO_FENCE, 1>("64/48, cursor each, no pause", 0);
        self.gate_stream::<64, 6, NO_FENCE, 1>("64/48, cursor each, 16 pauses", 16);
        self.gate_stream::<64, 6, NO_FENCE, LAZY>("64/48, cursor lazy, no pause", 0);
        self.gate_stream::<64, 6, NO_FENCE, LAZY>("64/48, cursor lazy, 16 pauses", 16);
        self.gate_stream::<64, 6, FENCE, LAZY>("64/48, cursor lazy, 16 pauses, SeqCst", 16);
        self.gate_stream::<128, 6, NO_FENCE, LAZY>("128/48, cursor lazy, 16 pauses", 16);
        self.gate_stream::<128, 7, NO_FENCE, LAZY>("128/56, cursor lazy, 16 pauses", 16);
        self.gate_stream::<128, 8, NO_FENCE, LAZY>("128/64, cursor lazy, 16 pauses", 16);
        self.gate_stream::<128, 13, NO_FENCE, 1>("128/104, cursor each, 16 pauses", 16);
        self.gate_stream::<128, 13, NO_FENCE, LAZY>("128/104, cursor lazy, 16 pauses", 16);
        self.gate_stream::<128, 13, FENCE, LAZY>("128/104, cursor lazy, 16 pauses, SeqCst", 16);
    }
}

fn print_row(case: &Case, near: bool, columns: usize) {
    let seen: Vec<&Vec<f64>> = case
        .seen
        .iter()
        .filter(|s| s.0 == near)
        .map(|s| &s.1)
        .collect();
    if seen.is_empty() {
        return;
    }
    print!("| {} |", case.name);
    for c in 0..columns {
        let values: Vec<f64> = seen.iter().map(|v| v[c]).collect();
        let (min, med, max) = spread(&values);
        if med.is_nan() {
            print!(" - |");
        } else {
            let p = usize::from(max < 200.0 && LATENCY != TABLES[case.table].1);
            print!(" {min:.p$} / {med:.p$} / {max:.p$} |");
        }
    }
    println!(" {} |", seen.len());
}

fn main() {
    let rounds: usize = std::env::args()
        .nth(1)
        .map_or(15, |a| a.parse().expect("rounds"));
    assert!(rounds > 0, "at least one round");
    pin(0);
    membarrier_register();
    let region = Region::new();
    let begin = clock_ns();
    let mut suite = Suite {
        cases: Vec::new(),
        ns_per_tick: ns_per_tick(),
    };
    suite.fill();
    for _ in 0..rounds {
        for case in &mut suite.cases {
            let near = bounce(&region, suite.ns_per_tick, 2_000, false)[0] < NEAR;
            case.seen.push((near, (case.f)(&region)));
        }
    }
    for near in [true, false] {
        let what = if near { "NEAR" } else { "FAR" };
        for (i, (title, columns)) in TABLES.iter().enumerate() {
            if !suite
                .cases
                .iter()
                .any(|c| c.table == i && c.seen.iter().any(|s| s.0 == near))
            {
                continue;
            }
            let head = columns.join(" | ");
            let rule = "|---".repeat(columns.len());
            println!(
                "\n{title}, {what}: min / median / max\n\n| | {head} | rounds |\n|---{rule}|---|"
            );
            for case in suite.cases.iter().filter(|c| c.table == i) {
                print_row(case, near, columns.len());
            }
        }
    }
    println!(
        "\nall contents verified; {:.0} s",
        (clock_ns() - begin) as f64 / 1e9
    );
}
