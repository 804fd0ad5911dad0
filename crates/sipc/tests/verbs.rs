//! The tool as a shell sees it: real processes, their output and their exit statuses.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A directory of channels for one test; gone at its end, and the channels with it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = format!("/dev/shm/sipc-tool-{}-{count}", std::process::id());
        std::fs::create_dir(&path).expect("a fresh directory");
        Self(path.into())
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sipc"));
        command.arg("--dir").arg(&self.0).args(words);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it runs")
    }

    /// Runs it, with this on its standard input.
    fn fed(&self, words: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        let feeding = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("it ends");
        let _ = feeding.join().expect("fed");
        output
    }

    /// Starts it, and waits until it has the channel open.
    fn start(&self, words: &[&str], channel: &str) -> Child {
        let mut child = self.command(words).spawn().expect("it runs");
        for _ in 0..5000 {
            let report = simpleipc::audit(channel, Some(&self.0)).ok().flatten();
            let is_in = |report: &simpleipc::ChannelReport| {
                report
                    .peers
                    .iter()
                    .any(|peer| peer.alive && peer.pid == child.id())
            };
            if report.as_ref().is_some_and(is_in) {
                return child;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        let output = child.wait_with_output().expect("it ends");
        panic!("{words:?} does not come: {}", said(&output));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// It ended well and printed this.
fn check(output: &Output, text: &str) {
    assert_eq!(
        (out(output).as_str(), output.status.code()),
        (text, Some(0)),
        "{}",
        said(output)
    );
}

/// It ended with this status, and one sentence that has this word in it.
fn refused(output: &Output, code: i32, word: &str) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}{}",
        out(output),
        said(output)
    );
    let text = said(output);
    assert!(text.contains(word), "{text:?} does not say {word:?}");
    assert!(text.lines().count() <= 3 || code == 2, "{text}");
}

/// Values that some encoding could get wrong.
const EDGES: &str = r#"null
true
-9223372036854775808
9223372036854775807
{"$uint":"18446744073709551615"}
0.1
-0.0
{"$float":"inf"}
""
"\n\t\"\\ UNICODE"
{"$bytes":"AAEC/w=="}
[]
[1,[2,[3,null]],"x"]
{}
{"a":1,"b":{"c":[true,false]}}
{"$$bytes":"no mark"}
{"$opaque":{"type":"image/png","data":"iVBORw=="}}
"#;

/// With letters of two bytes, and of four.
fn edges() -> String {
    EDGES.replace("UNICODE", "gr\u{fc}\u{df} \u{1f980}")
}

/// The shell has `kill` itself; not every system has a program of that name.
fn signal(pid: &str, name: &str) {
    let kill = format!("kill -{name} {pid}");
    let killed = Command::new("sh").args(["-c", &kill]).status();
    assert!(killed.expect("a shell").success());
}

#[test]
fn every_encoding_carries_every_value_through_a_pipe() {
    let place = Place::new();
    for encoding in ["json", "cbor", "msgpack", "bson", "smile"] {
        for framed in [false, true] {
            let edges = edges();
            let count = edges.lines().count().to_string();
            check(&place.fed(&["send", "a"], edges.as_bytes()), "");
            let mut words = vec!["receive", "a", "--as", encoding, "--count", &count];
            words.extend(framed.then_some("--framed"));
            let coded = place.run(&words);
            assert_eq!(coded.status.code(), Some(0), "{encoding}: {}", said(&coded));
            let mut words = vec!["send", "b", "--as", encoding];
            words.extend(framed.then_some("--framed"));
            check(&place.fed(&words, &coded.stdout), "");
            let back = place.run(&["receive", "b", "--count", &count]);
            check(&back, &edges);
        }
    }
}

#[test]
fn text_and_raw_bytes_are_what_they_are() {
    let place = Place::new();
    check(
        &place.fed(&["send", "q", "--as", "text"], b"one\ntwo words\n"),
        "",
    );
    check(
        &place.run(&["receive", "q", "-n", "2"]),
        "\"one\"\n\"two words\"\n",
    );
    let bytes: Vec<u8> = (0..200_000u32).map(|i| (i * 7) as u8).collect();
    check(&place.fed(&["send", "q", "--as", "raw"], &bytes), "");
    let back = place.run(&["receive", "q", "-n", "1", "--as", "raw"]);
    assert!(back.stdout == bytes);
    let file = place.path().join("file");
    std::fs::write(&file, &bytes).expect("written");
    let file = file.display().to_string();
    check(
        &place.run(&["send", "q", "--file", &file, "--type", "x/y"]),
        "",
    );
    let back = place.run(&["receive", "q", "-n", "1", "--as", "raw"]);
    assert!(back.stdout == bytes);
}

#[test]
fn exit_statuses_say_what_was_wrong() {
    let place = Place::new();
    refused(&place.run(&["receive", "q", "--timeout", "0"]), 1, "");
    refused(
        &place.run(&["send", "q", "--as", "json", "{"]),
        3,
        "not JSON",
    );
    refused(&place.run(&["send", "a/b", "1"]), 2, "'/'");
    check(&place.run(&["send", "q", "1"]), "");
    refused(&place.run(&["publish", "q", "1"]), 2, "is a queue");
    refused(&place.run(&["get", "s"]), 1, "s");
    refused(&place.run(&["peers", "nowhere"]), 1, "nowhere");
    refused(&place.run(&["nonsense"]), 2, "nonsense");
    let nowhere = Command::new(env!("CARGO_BIN_EXE_sipc"))
        .args(["--dir", "/nowhere/at/all", "send", "q", "1"])
        .output()
        .expect("it runs");
    refused(&nowhere, 5, "/nowhere/at/all");
    std::fs::write(place.path().join("bad.sipc"), b"nothing of ours").expect("written");
    refused(&place.run(&["send", "bad", "1"]), 4, "bad.sipc");
    let audit = place.run(&["audit"]);
    assert_eq!(audit.status.code(), Some(6));
    assert!(out(&audit).contains("WRONG"), "{}", out(&audit));
}

#[test]
fn a_state_is_set_got_watched_and_compared() {
    let place = Place::new();
    check(&place.run(&["set", "speed", "30"]), "");
    check(&place.run(&["get", "speed"]), "30\n");
    check(&place.run(&["set", "speed", "--if", "0", "31"]), "");
    refused(
        &place.run(&["set", "speed", "--if", "0", "32"]),
        1,
        "another value",
    );
    refused(
        &place.run(&["set", "speed", "--if", "none", "32"]),
        1,
        "another value",
    );
    check(&place.run(&["get", "speed"]), "31\n");
    let watching = place.start(&["watch", "speed", "-n", "2"], "speed");
    std::thread::sleep(Duration::from_millis(100));
    check(&place.run(&["set", "speed", "40"]), "");
    check(&watching.wait_with_output().expect("it ends"), "31\n40\n");
    let meta = place.run(&["get", "speed", "--meta"]);
    assert!(out(&meta).starts_with("{\"sequence\":2,"), "{}", out(&meta));
}

#[test]
fn a_signal_wakes_who_waits() {
    let place = Place::new();
    refused(&place.run(&["wait", "reload", "--timeout", "0.05"]), 1, "");
    let waiting = place.start(&["wait", "reload", "--timeout", "10"], "reload");
    check(&place.run(&["notify", "reload"]), "");
    check(&waiting.wait_with_output().expect("it ends"), "1\n");
}

#[test]
fn a_lock_lets_one_command_run_at_a_time_and_gives_its_status() {
    let place = Place::new();
    let held = place.run(&["lock", "l", "--", "sh", "-c", "echo in; exit 9"]);
    assert_eq!((out(&held).as_str(), held.status.code()), ("in\n", Some(9)));
    let mut holding = place.start(&["lock", "l", "--", "sleep", "30"], "l");
    std::thread::sleep(Duration::from_millis(100));
    refused(
        &place.run(&["lock", "l", "--timeout", "0", "--", "true"]),
        1,
        "held",
    );
    holding.kill().expect("kill -9");
    holding.wait().expect("ended");
    let next = place.run(&["lock", "l", "--timeout", "10", "--", "echo", "free"]);
    check(&next, "free\n");
    assert!(said(&next).contains("died"), "{}", said(&next));
}

#[test]
fn a_command_serves_and_its_failure_is_the_callers_error() {
    let place = Place::new();
    let script = r#"read args; case $args in '[1,2]') echo 3;; *) echo bad >&2; exit 4;; esac"#;
    let words = ["serve", "calc", "add", "-n", "2", "--", "sh", "-c", script];
    let serving = place.start(&words, "calc");
    check(
        &place.run(&["call", "calc", "add", "1", "2", "--timeout", "10"]),
        "3\n",
    );
    check(&place.run(&["methods", "calc"]), "{\"name\":\"add\"}\n");
    let unknown = place.run(&["call", "calc", "mul", "1", "--timeout", "10"]);
    refused(&unknown, 7, "no method 'mul'");
    let failed = place.run(&["call", "calc", "add", "7", "--timeout", "10"]);
    refused(&failed, 7, "bad (code 4)");
    assert!(
        serving
            .wait_with_output()
            .expect("it ends")
            .status
            .success()
    );
    refused(
        &place.run(&["call", "calc", "add", "1", "--timeout", "0.1"]),
        1,
        "",
    );
}

#[test]
fn a_topic_is_piped_into_another() {
    let place = Place::new();
    let mut from = place.start(&["subscribe", "a", "-n", "3"], "a");
    let mut to = place.start(&["subscribe", "b", "-n", "3"], "b");
    let between = place
        .command(&["publish", "b"])
        .stdin(from.stdout.take().expect("a pipe"))
        .spawn()
        .expect("it runs");
    check(&place.run(&["publish", "a", "1", "\"x\"", "[2]"]), "");
    let mut got = String::new();
    let mut stdout = to.stdout.take().expect("a pipe");
    std::io::Read::read_to_string(&mut stdout, &mut got).expect("read");
    assert_eq!(got, "1\n\"x\"\n[2]\n");
    for mut child in [from, to, between] {
        assert!(child.wait().expect("it ends").success());
    }
}

#[test]
fn a_message_that_a_killed_receiver_had_comes_again() {
    let place = Place::new();
    // It cannot write what it has taken: nobody reads the pipe, and the pipe is full.
    let text = format!("\"{}\"", "x".repeat(1 << 20));
    check(&place.fed(&["send", "q"], text.as_bytes()), "");
    let mut receiver = place.start(&["receive", "q"], "q");
    std::thread::sleep(Duration::from_millis(200));
    receiver.kill().expect("kill -9");
    receiver.wait().expect("ended");
    let again = place.run(&["receive", "q", "-n", "1", "--meta", "--timeout", "10"]);
    assert!(
        out(&again).contains("\"redelivered\":true"),
        "{}",
        said(&again)
    );
}

#[test]
fn channels_are_listed_shown_and_cleaned_away() {
    let place = Place::new();
    check(&place.run(&["send", "q", "1", "2"]), "");
    let mut subscriber = place.start(&["subscribe", "t"], "t");
    let list = out(&place.run(&["ls"]));
    assert!(
        list.lines()
            .any(|line| line.starts_with("q ") && line.contains("queue")),
        "{list}"
    );
    assert!(
        list.lines()
            .any(|line| line.starts_with("t ") && line.contains("topic")),
        "{list}"
    );
    let json = place.run(&["ls", "--json"]);
    let first = out(&json);
    let first: serde_json::Value =
        serde_json::from_str(first.lines().next().expect("a line")).expect("JSON");
    assert_eq!(
        (&first["name"], &first["waiting"]),
        (&"q".into(), &2.into())
    );
    let peers = out(&place.run(&["peers", "t"]));
    assert!(
        peers.contains(&subscriber.id().to_string()) && peers.contains("subscribe"),
        "{peers}"
    );
    let top = out(&place.run(&["top", "--once", "--every", "0.1"]));
    assert!(
        top.contains("2 channels") && top.contains("subscribe"),
        "{top}"
    );
    // A stopped subscriber falls behind, and is not dead.
    let pid = subscriber.id().to_string();
    signal(&pid, "STOP");
    check(&place.run(&["publish", "t", "1", "2", "3"]), "");
    let top = out(&place.run(&["top", "--once", "--every", "0.1", "t"]));
    let row = top.lines().find(|line| line.trim_start().starts_with(&pid));
    let words: Vec<&str> = row.expect("its row").split_whitespace().collect();
    assert_eq!(words[5..], ["3", "-", "0", "yes"], "{top}");
    subscriber.kill().expect("kill -9");
    subscriber.wait().expect("ended");
    let doctor = place.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(6), "{}", out(&doctor));
    let stale = out(&doctor);
    assert!(
        stale.contains("FINDING  stale") && stale.contains("sipc clean"),
        "{stale}"
    );
    check(&place.run(&["clean"]), "removed 1 channel\n");
    check(&place.run(&["clean", "--age", "0"]), "removed 1 channel\n");
    assert_eq!(
        std::fs::read_dir(place.path()).expect("directory").count(),
        0
    );
}

#[test]
fn a_tensor_is_described_and_becomes_a_picture() {
    let place = Place::new();
    let tensor =
        r#"{"$tensor":{"dtype":"u8","shape":[2,2,3],"format":"rgb8","data":"/wAAAP8AAAD/////"}}"#;
    check(&place.fed(&["set", "image"], tensor.as_bytes()), "");
    let png = place.path().join("image.png");
    let shown = place.run(&["show", "image", "--png", &png.display().to_string()]);
    assert!(shown.status.success(), "{}", said(&shown));
    let text = out(&shown);
    assert!(
        text.contains("shape      2 x 2 x 3") && text.contains("0 .. 255"),
        "{text}"
    );
    let decoder = png::Decoder::new(std::io::BufReader::new(
        std::fs::File::open(png).expect("written"),
    ));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
    reader.next_frame(&mut pixels).expect("pixels");
    assert_eq!(pixels, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
    refused(
        &place.run(&["show", "nowhere", "--timeout", "0.05"]),
        1,
        "nowhere",
    );
}

#[test]
fn it_ends_at_once_when_it_is_asked_to_and_leaves_nothing() {
    let place = Place::new();
    for words in [
        ["subscribe", "t"],
        ["receive", "q"],
        ["wait", "s"],
        ["watch", "v"],
    ] {
        let mut child = place.start(&words, words[1]);
        let pid = child.id().to_string();
        signal(&pid, "TERM");
        let status = child.wait().expect("it ends");
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(signal, Some(15), "{words:?}");
    }
    assert_eq!(
        std::fs::read_dir(place.path()).expect("directory").count(),
        0
    );
}

#[test]
fn it_measures_this_machine_and_knows_its_own_words() {
    let place = Place::new();
    let bench = place.run(&["bench", "--rounds", "50"]);
    let table = out(&bench);
    for way in ["pipe", "socket", "file", "sipc queue", "sipc topic"] {
        assert!(
            table.lines().any(|line| line.starts_with(way)),
            "{table}{}",
            said(&bench)
        );
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = out(&place.run(&["completions", shell]));
        assert!(
            script.contains("sipc") && script.contains("publish"),
            "{shell}"
        );
    }
    let man = place.path().join("man");
    check(&place.run(&["man", &man.display().to_string()]), "");
    let page = std::fs::read_to_string(man.join("sipc-send.1")).expect("a page");
    assert!(page.contains("Put messages into a queue"), "{page}");
}

/// A program that loads no library: examples/shell/average.sh.
#[test]
fn a_script_takes_part_by_lines() {
    let place = Place::new();
    let words = ["subscribe", "averages", "-n", "3", "--timeout", "20"];
    let mut averages = place.start(&words, "averages");
    let tool = Path::new(env!("CARGO_BIN_EXE_sipc"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").expect("a PATH");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shell/average.sh");
    let mut script = Command::new(script)
        .args(["temperature", "averages", "3"])
        .env("PATH", format!("{}:{path}", tool.display()))
        .env("SIPC_DIR", place.path())
        .spawn()
        .expect("bash");
    // Until it has subscribed.
    while simpleipc::audit("temperature", Some(place.path()))
        .ok()
        .flatten()
        .is_none_or(|report| report.peers.is_empty())
    {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(50));
    let mut lines = BufReader::new(averages.stdout.take().expect("a pipe")).lines();
    // Each comes before there is another number: no part of the pipeline keeps any back.
    let mut got = Vec::new();
    for number in ["20", "21", "25"] {
        check(&place.run(&["publish", "temperature", number]), "");
        got.extend(lines.next().map(|line| line.expect("text")));
    }
    assert_eq!(got, ["20", "20.5", "22"]);
    assert!(averages.wait().expect("it ends").success());
    assert!(script.wait().expect("it ends").success());
}

/// A plugin in bash and awk, started by a host as any other.
#[test]
fn a_script_is_a_plugin_by_lines_of_json() {
    let place = Place::new();
    let options = simpleipc::Options {
        directory: Some(place.path().into()),
        ..Default::default()
    };
    let script = r#"echo '{"methods": ["double", "fail", "crash"]}'
while read -r line; do
    id=$(sed 's/.*"id":\([0-9]*\).*/\1/' <<< "$line")
    case $line in
        *double*) n=$(sed 's/.*"args":\[\([0-9]*\)\].*/\1/' <<< "$line")
            echo "{\"id\": $id, \"result\": $((2 * n))}" ;;
        *fail*) echo "{\"id\": $id, \"error\": {\"code\": 7, \"message\": \"no\"}}" ;;
        *) exit 3 ;;
    esac
done"#;
    let mut host = simpleipc::Host::open("host", &options).expect("open");
    let tool = env!("CARGO_BIN_EXE_sipc");
    let words = ["plugin", "--", "bash", "-c", script];
    let plugin = simpleipc::Plugin::new("lines", tool).args(words);
    host.start(plugin.restarts(1, Duration::from_secs(60)))
        .expect("start");
    let mut client = host.client("lines").expect("client");
    let soon = Some(Duration::from_secs(20));
    for life in 0..2 {
        let reply = client
            .call("double", simpleipc::Value::List(vec![21.into()]), soon)
            .expect("call");
        assert_eq!(
            reply.value().expect("value"),
            simpleipc::Value::Int(42),
            "life {life}"
        );
        let error = client.call("fail", (), soon).expect_err("it fails");
        assert_eq!(error.failure().map(|failure| failure.code), Some(7));
        client.call("crash", (), soon).expect_err("it ends");
        loop {
            let event = host.event(soon).expect("an event");
            if event.happening == simpleipc::Happening::Ended(3) {
                break;
            }
        }
    }
}

#[test]
fn who_comes_and_goes_is_told_a_line_each() {
    let place = Place::new();
    refused(&place.run(&["peers", "--watch"]), 2, "CHANNEL");
    refused(&place.run(&["peers", "t", "--as", "text"]), 2, "--as");
    let nobody = place.run(&["peers", "-w", "t", "--timeout", "0.01"]);
    assert_eq!((out(&nobody).as_str(), nobody.status.code()), ("", Some(1)));
    let mut subscriber = place.start(&["subscribe", "t"], "t");
    let pid = subscriber.id();
    let words = ["peers", "t", "--as", "json"];
    let map: serde_json::Value = serde_json::from_str(&out(&place.run(&words))).expect("JSON");
    assert_eq!(map["pid"], pid);
    assert_eq!(
        (&map["program"], &map["language"]),
        (&"sipc".into(), &"shell".into())
    );
    assert_eq!(
        (&map["role"], &map["alive"]),
        (&"subscribe".into(), &true.into())
    );
    // Both watch before it is killed: they have said that it is there.
    let watch = |more: &[&str]| {
        let words = [&["peers", "-w", "t", "-n", "2", "--timeout", "20"], more].concat();
        let mut child = place.command(&words).spawn().expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first = lines.next().expect("a line").expect("text");
        (child, lines, first)
    };
    let (mut text, mut text_lines, up) = watch(&[]);
    let (mut json, mut json_lines, map) = watch(&["--as", "json"]);
    assert_eq!(up, format!("up   subscribe  {pid} sipc (shell)"));
    let map: serde_json::Value = serde_json::from_str(&map).expect("JSON");
    assert_eq!((&map["event"], &map["pid"]), (&"up".into(), &pid.into()));
    subscriber.kill().expect("our own");
    subscriber.wait().expect("it ends");
    let down = text_lines.next().expect("a line").expect("text");
    assert_eq!(down, format!("down subscribe  {pid} sipc (shell)"));
    let map = json_lines.next().expect("a line").expect("text");
    let map: serde_json::Value = serde_json::from_str(&map).expect("JSON");
    assert_eq!((&map["event"], &map["pid"]), (&"down".into(), &pid.into()));
    for child in [&mut text, &mut json] {
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
}
