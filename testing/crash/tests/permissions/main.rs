//! Who may do what: programs of several users, in directories of all kinds.
//!
//! Each test names what docs/security.md claims. Only root can start programs of other users; for
//! anybody else the tests are ignored, and say so. So this program lists its tests itself.

mod litmus;
mod puppet;
mod user;

use crash::refusal::refused;
use simpleipc::{Options, Status, Subscriber};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use user::{Puppet, User, number};

/// The index of a group; users have lower ones.
const GROUP: u32 = 7;

/// One row for each test.
macro_rules! tests {
    ($($name:ident,)*) => { &[$((stringify!($name), $name as fn())),*] };
}

const TESTS: &[(&str, fn())] = tests![
    another_user_gets_nothing_of_a_users_own_channels,
    two_users_of_a_group_share_channels,
    two_users_of_a_group_share_channels_without_setgid,
    who_is_in_no_group_of_the_directory_is_told_so,
    the_group_of_a_directory_that_it_cannot_write_may_only_look,
    an_owner_outside_of_the_group_is_told_how_to_share,
    a_squatted_directory_is_refused,
    planted_files_are_refused,
    the_barrier_reaches_processes_of_other_users,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == user::PUPPET) {
        return puppet::main();
    }
    let filters: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|f| name.contains(*f));
    let able = user::can_change_user();
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    for (name, test) in TESTS.iter().filter(|(name, _)| wanted(name)) {
        let outcome = match able.then(|| std::panic::catch_unwind(test)) {
            Some(Ok(())) => (&mut passed, "ok"),
            Some(Err(_)) => (&mut failed, "FAILED"),
            None => (
                &mut ignored,
                "ignored, needs root to run programs of other users",
            ),
        };
        *outcome.0 += 1;
        println!("test {name} ... {}", outcome.1);
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored");
    ExitCode::from(u8::from(failed > 0))
}

/// A directory that somebody has made for several users; removed at the end.
struct Shared(PathBuf);

impl Shared {
    fn new(owner: u32, group: u32, mode: u32) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!(
            "/dev/shm/sipc-users-{}-{count}",
            std::process::id()
        ));
        fs::create_dir(&path).expect("a fresh directory");
        chown(&path, Some(owner), Some(group)).expect("root may");
        // After the owner: changing that takes the setgid bit away.
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("root may");
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Every file has this mode and group.
    #[track_caller]
    fn all_have(&self, mode: u32, group: u32) {
        let files: Vec<_> = fs::read_dir(&self.0).expect("list").flatten().collect();
        assert!(!files.is_empty());
        for file in files {
            let meta = file.metadata().expect("stat");
            assert_eq!(
                (meta.mode() & 0o7777, meta.gid()),
                (mode, group),
                "{file:?}"
            );
        }
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.0).expect("list").next().is_none()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Everything that a puppet may ask of the library, refused.
#[track_caller]
fn gets_nothing(puppet: &mut Puppet, directory: &Path) {
    let directory = directory.display().to_string();
    for order in [
        "publisher news",
        "subscriber news",
        "sender jobs",
        "receiver jobs",
        "audit news",
        "tap news",
        "peers news",
        "watch-peers news",
    ] {
        puppet.refused(order, &["NoPermission: ", &directory, "SIPC_DIR"]);
    }
}

fn another_user_gets_nothing_of_a_users_own_channels() {
    let (owner, other) = (User::new(1, &[]), User::new(2, &[]));
    let mut host = owner.start(None);
    for order in [
        "publisher news",
        "subscriber news",
        "sender jobs",
        "receiver jobs",
        "put news 1 5000",
        "put jobs 2 5000",
    ] {
        host.must(order);
    }
    let directory = owner.own_directory();
    let meta = fs::metadata(&directory).expect("it was made");
    assert_eq!((meta.mode() & 0o7777, meta.uid()), (0o700, owner.id));
    let mut thief = other.start(Some(&directory));
    gets_nothing(&mut thief, &directory);
    thief.refused("audit-all", &["NoPermission: "]);
    thief.refused("clean", &["NoPermission: "]);
    let (path, file) = (directory.display(), directory.join("news.sipc"));
    let file = file.display();
    for order in [
        format!("list {path}"),
        format!("read {file}"),
        format!("write {file}"),
        format!("remove {file}"),
        format!("rename {path} {path}-gone"),
        format!("stop {}", host.id()),
    ] {
        thief.refused(&order, &["system: ", "ermi"]);
    }
    assert!(host.ask("take news").starts_with("1 "));
    assert!(host.ask("take jobs").starts_with("2 "));
    // The same names in another user's own directory are other channels.
    assert_eq!(other.start(None).ask("audit-all"), "0 channels");
    host.must("close");
    assert!(!directory.exists(), "nothing is left");
}

fn two_users_of_a_group_share_channels() {
    share_channels(0o2770);
}

fn two_users_of_a_group_share_channels_without_setgid() {
    share_channels(0o770);
}

fn share_channels(mode: u32) {
    let group = number(GROUP);
    let shared = Shared::new(0, group, mode);
    let (one, two) = (User::new(1, &[group]), User::new(2, &[group]));
    let mut one = one.start(Some(&shared.0));
    let mut two = two.start(Some(&shared.0));
    for (order, other) in [
        ("publisher there", "subscriber there"),
        ("subscriber back", "publisher back"),
        ("sender jobs", "receiver jobs"),
        ("receiver results", "sender results"),
    ] {
        one.must(order);
        two.must(other);
    }
    for bytes in [20, 100, 5000, 200_000] {
        for channel in ["there", "jobs"] {
            one.must(&format!("put {channel} {bytes} {bytes}"));
            assert!(
                two.ask(&format!("take {channel}"))
                    .starts_with(&format!("{bytes} "))
            );
        }
        for channel in ["back", "results"] {
            two.must(&format!("put {channel} {bytes} {bytes}"));
            assert!(
                one.ask(&format!("take {channel}"))
                    .starts_with(&format!("{bytes} "))
            );
        }
    }
    shared.all_have(0o660, group);
    for channel in ["there", "jobs"] {
        wakes_up(&mut one, &mut two, channel);
    }
    // One dies with a message in hand; another user repairs.
    one.must("put jobs 1 5000");
    one.must("put jobs 2 20");
    two.must("hold jobs");
    two.kill();
    one.must("receiver jobs");
    let answer = one.ask("take jobs");
    assert!(
        answer.starts_with("1 ") && answer.ends_with(" again"),
        "{answer}"
    );
    assert!(one.ask("take jobs").starts_with("2 "));
    for number in 0..600 {
        one.must(&format!("put there {number} 5000"));
    }
    one.must("publisher there");
    one.must("sender results");
    one.must("publisher back");
    for report in simpleipc::audit_all(Some(&shared.0)).expect("audit") {
        assert!(report.peers.iter().all(|peer| peer.alive), "{report:?}");
        assert_eq!(report.leaks, Vec::<String>::new());
    }
    one.must("close");
    assert!(shared.is_empty(), "one user removes what another has made");
}

/// A sleeping user is woken by another. At the end of its first slice, after 50 ms, it would look
/// by itself.
fn wakes_up(from: &mut Puppet, to: &mut Puppet, channel: &str) {
    let mut ages: Vec<u64> = (0..40)
        .map(|_| {
            to.tell(&format!("take {channel}"));
            std::thread::sleep(Duration::from_millis(3));
            from.must(&format!("put {channel} 0 20"));
            let answer = to.hear();
            let age = answer.split(' ').nth(1).and_then(|age| age.parse().ok());
            age.unwrap_or_else(|| panic!("{answer}"))
        })
        .collect();
    ages.sort_unstable();
    assert!(
        ages[ages.len() * 3 / 4] < 20_000,
        "nobody was woken: {ages:?} us"
    );
}

fn who_is_in_no_group_of_the_directory_is_told_so() {
    let group = number(GROUP);
    // In the second one they may look around, and still open nothing.
    for mode in [0o2770, 0o2775] {
        let shared = Shared::new(0, group, mode);
        let (member, outsider) = (User::new(1, &[group]), User::new(3, &[]));
        let mut member = member.start(Some(&shared.0));
        member.must("publisher news");
        member.must("sender jobs");
        let mut outsider = outsider.start(Some(&shared.0));
        gets_nothing(&mut outsider, &shared.0);
        for order in ["read", "write", "remove"] {
            let order = format!("{order} {}", shared.file("news.sipc"));
            outsider.refused(&order, &["system: ", "ermi"]);
        }
        outsider.refused("publisher fresh", &["NoPermission: "]);
        member.must("put news 1 20");
    }
}

fn the_group_of_a_directory_that_it_cannot_write_may_only_look() {
    let group = number(GROUP);
    let (owner, member, outsider) = (
        User::new(1, &[group]),
        User::new(2, &[group]),
        User::new(3, &[]),
    );
    let shared = Shared::new(owner.id, group, 0o750);
    let mut owner = owner.start(Some(&shared.0));
    owner.must("publisher news");
    owner.must("put news 1 5000");
    owner.must("sender jobs");
    shared.all_have(0o640, group);
    let mut member = member.start(Some(&shared.0));
    assert_eq!(member.ask("audit news"), "1 peers");
    for order in [
        "publisher news",
        "subscriber news",
        "receiver jobs",
        "sender more",
        "clean",
    ] {
        member.refused(order, &["NoPermission: "]);
    }
    for order in ["write", "remove"] {
        let order = format!("{order} {}", shared.file("news.sipc"));
        member.refused(&order, &["system: ", "ermi"]);
    }
    member.refused("subscriber news", &["only", "a tap", "SIPC_DIR"]);
    member.must("tap news");
    for bytes in [20, 100, 5000, 200_000] {
        owner.must(&format!("put news {bytes} {bytes}"));
        assert!(member.ask("take news").starts_with(&format!("{bytes} ")));
    }
    member.must("watch-peers news");
    assert_eq!(member.ask("peer-event news"), "up publish");
    assert_eq!(member.ask("audit news"), "1 peers", "nobody sees them");
    assert_eq!(member.ask("peers news"), "1 peers");
    shared.all_have(0o640, group);
    gets_nothing(&mut outsider.start(Some(&shared.0)), &shared.0);
    owner.must("close");
    assert_eq!(member.ask("peer-event news"), "down publish");
    owner.must("publisher news");
    assert_eq!(member.ask("peer-event news"), "up publish");
    owner.must("put news 9 20");
    assert!(
        member.ask("take news").starts_with("9 "),
        "the next channel"
    );
}

fn an_owner_outside_of_the_group_is_told_how_to_share() {
    let group = number(GROUP);
    let owner = User::new(1, &[]);
    let shared = Shared::new(owner.id, group, 0o770);
    let mut puppet = owner.start(Some(&shared.0));
    let words = ["NoPermission: ", "no member", "chmod g+s"];
    puppet.refused("publisher news", &words);
    assert!(shared.is_empty());
    let shared = Shared::new(owner.id, group, 0o2770);
    let mut puppet = owner.start(Some(&shared.0));
    puppet.must("publisher news");
    puppet.must("put news 1 5000");
    shared.all_have(0o660, group);
}

fn a_squatted_directory_is_refused() {
    let (victim, squatter) = (User::new(1, &[]), User::new(2, &[]));
    let directory = victim.own_directory().display().to_string();
    let mut victim = victim.start(None);
    let mut other = squatter.start(None);
    let whose = format!("made by the user {}", squatter.id);
    for mode in ["700", "777"] {
        other.must(&format!("make-directory {directory}"));
        other.must(&format!("mode {directory} {mode}"));
        for order in ["publisher news", "receiver jobs", "audit-all", "clean"] {
            victim.refused(order, &["NoPermission: ", &directory, &whose]);
        }
        fs::remove_dir(&directory).expect("root may");
    }
    other.must("publisher news");
    let elsewhere = squatter.own_directory().display().to_string();
    other.must(&format!("link {elsewhere} {directory}"));
    victim.refused(
        "publisher news",
        &["NoPermission: ", &directory, "no directory"],
    );
    victim.refused("audit-all", &["NoPermission: ", "no directory"]);
    fs::remove_file(&directory).expect("root may");
    // The user's own mistake.
    victim.must(&format!("make-directory {directory}"));
    victim.must(&format!("mode {directory} 755"));
    victim.refused(
        "publisher news",
        &["NoPermission: ", "mode 755", "make it 700"],
    );
    victim.must(&format!("mode {directory} 700"));
    victim.must("publisher news");
}

fn planted_files_are_refused() {
    let group = number(GROUP);
    let (one, two) = (User::new(1, &[group]), User::new(2, &[group]));
    let mut victim = one.start(None);
    victim.must("sender jobs");
    victim.must("put jobs 1 20");
    let precious = one.own_directory().join("jobs.sipc").display().to_string();
    let shared = Shared::new(0, group, 0o2770);
    let mut victim = one.start(Some(&shared.0));
    let mut other = two.start(Some(&shared.0));
    for to in [precious.as_str(), "/nowhere", "/dev/null"] {
        other.must(&format!("link {to} {}", shared.file("jobs.sipc")));
        for order in ["sender jobs", "receiver jobs", "audit jobs"] {
            victim.refused(order, &["Corrupt: ", "not a plain file"]);
        }
        other.must(&format!("remove {}", shared.file("jobs.sipc")));
    }
    // Where everybody may put files, a sound channel of somebody else is a trap all the same.
    for mode in [0o1777, 0o777, 0o1770] {
        let open = Shared::new(0, group, mode);
        let mut other = two.start(Some(&open.0));
        other.must("publisher news");
        open.all_have(0o600, two.id);
        other.must(&format!("mode {} 666", open.file("news.sipc")));
        let mut victim = one.start(Some(&open.0));
        for order in ["publisher news", "subscriber news", "audit news"] {
            let owner = format!("belongs to the user {}", two.id);
            victim.refused(order, &["NoPermission: ", &owner, "may be a trap"]);
        }
        let options = Options {
            directory: Some(open.0.clone()),
            ..Options::default()
        };
        // Root could open anything, and so is the more careful.
        refused(
            Subscriber::open("news", &options),
            Status::NoPermission,
            &["may be a trap"],
        );
    }
}

fn the_barrier_reaches_processes_of_other_users() {
    let group = number(GROUP);
    let shared = Shared::new(0, group, 0o2770);
    let (fast, slow) = (User::new(1, &[group]), User::new(2, &[group]));
    let mut slow = slow.start(Some(&shared.0));
    for barrier in ["off", "on"] {
        let table = shared.file(barrier);
        fs::write(&table, vec![0; litmus::BYTES as usize]).expect("write");
        fs::set_permissions(&table, fs::Permissions::from_mode(0o666)).expect("root may");
        let mut fast = fast.start(Some(&shared.0));
        fast.tell(&format!("litmus-fast {table}"));
        let both = slow.ask(&format!("litmus-slow {table} {barrier}"));
        assert_eq!(fast.hear(), "ok");
        println!("barrier {barrier}: both saw the old value in {both} rounds");
        assert!(barrier == "off" || both.starts_with("0 of "), "{both}");
        assert!(
            !both.ends_with(" 1"),
            "the system has no such barrier: {both}"
        );
    }
}
