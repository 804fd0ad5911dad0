use super::*;

const WORKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/worker.sh");

fn fake(fault: &str, words: &[&str]) -> Command {
    let mut command = Command::new(WORKER);
    command.args(words).env("FAKE", fault);
    command
}

/// A crew of one, which has said that it is ready.
fn crew(fault: &str) -> (Crew, Result<()>) {
    let mut crew = Crew::new();
    let words = ["work=pingpong", "role=a", "sizes=8,64"];
    crew.start("a0", fake(fault, &words), None).expect("start");
    let outcome = crew.wait_ready();
    (crew, outcome)
}

#[test]
fn a_worker_is_ready_goes_reports_and_ends() {
    let (mut crew, outcome) = crew("");
    outcome.expect("ready");
    crew.go_all();
    crew.wait_done(Duration::ZERO).expect("done");
    let results: Vec<_> = crew.all_results().collect();
    assert_eq!(results.len(), 2);
    assert_eq!((results[1].0, results[1].1["size"].as_str()), ("a0", "64"));
    crew.finish().expect("end");
}

#[test]
fn a_worker_that_refuses_is_quoted() {
    let (_crew, outcome) = crew("refuses");
    let why = outcome.expect_err("refused").to_string();
    assert_eq!(why, "a0: such a thing is not supported");
}

#[test]
fn the_last_words_of_a_worker_that_dies_are_reported() {
    let (_crew, outcome) = crew("dies");
    let why = outcome.expect_err("died").to_string();
    assert_eq!(why, "a0 ended early with exit status: 3: what it died of");
}

#[test]
fn a_worker_that_is_killed_while_it_works_is_an_error() {
    let (mut crew, outcome) = crew("breaks");
    outcome.expect("ready");
    crew.go_all();
    let why = crew
        .wait_done(Duration::ZERO)
        .expect_err("killed")
        .to_string();
    assert!(why.starts_with("a0 ended early with signal: 9"), "{why}");
}

#[test]
fn a_worker_that_hangs_is_named_and_ended_with_what_it_started() {
    let (mut crew, outcome) = crew("hangs");
    outcome.expect("ready");
    crew.go_all();
    let soon = Duration::from_millis(200);
    let why = crew.pump(soon, "done", |worker| worker.is_done);
    assert_eq!(
        why.expect_err("hangs").to_string(),
        "a0 hangs: not done after 0.2 s"
    );
    let processes = crew.processes();
    assert_eq!(processes.len(), 2, "the shell and its sleep");
    drop(crew);
    // The child of a child is waited for by somebody else; what matters is that it does not run.
    let is_running = |pid: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        status.is_ok_and(|line| !line.contains(") Z "))
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while processes.iter().any(is_running) {
        assert!(Instant::now() < deadline, "still running");
        thread::yield_now();
    }
}

#[test]
fn a_worker_is_pinned_before_it_begins() {
    let mut crew = Crew::new();
    let mut command = Command::new("sh");
    let script = "echo ready; echo result $(grep Cpus_allowed_list /proc/self/status | \
                  sed 's/.*:[[:space:]]*/cores=/'); echo done";
    command.args(["-c", script]);
    crew.start("a0", command, Some(0)).expect("start");
    crew.wait_done(Duration::ZERO).expect("done");
    let results: Vec<_> = crew.all_results().collect();
    assert_eq!(results[0].1["cores"], "0");
}
