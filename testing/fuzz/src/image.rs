//! Channels as they are in the middle of their lives, kept as bytes.
//!
//! An image is taken while handles are open, messages in hand and loans out. Laid down again, all
//! of those belong to dead processes: there is nobody who holds their locks.

use crate::judge::{NOW, home};
use simpleipc::bytes::PAGE_BYTES;
use simpleipc::bytes::header::{Geometry, HEADER_BYTES};
use simpleipc::{LoanKind, Options, Publisher, Receiver, Result, Sender, Subscriber, Value};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

/// The name of every channel that is damaged.
pub const NAME: &str = "x";
/// Small, so that few bytes of input reach every slot.
const DEPTH: u32 = 16;
/// Little, so that memory gets short.
const POOL_BYTES: u64 = 1 << 20;

/// Everything that keeps a channel as it is.
type Live = Box<dyn std::any::Any>;

/// A file, its holes left out.
struct Sparse {
    name: String,
    bytes: u64,
    pages: Vec<(u64, Vec<u8>)>,
}

impl Sparse {
    fn of(path: &Path) -> Self {
        let content = fs::read(path).expect("a file of a live channel");
        let page = PAGE_BYTES as usize;
        let pages = content.chunks(page).enumerate();
        let used = pages.filter(|(_, bytes)| bytes.iter().any(|byte| *byte != 0));
        Self {
            name: path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned(),
            bytes: content.len() as u64,
            pages: used
                .map(|(at, bytes)| (at as u64 * PAGE_BYTES, bytes.to_vec()))
                .collect(),
        }
    }

    fn lay(&self, directory: &Path) -> std::io::Result<File> {
        let mut options = File::options();
        let options = options.read(true).write(true).create_new(true);
        let file = options.open(directory.join(&self.name))?;
        file.set_len(self.bytes)?;
        for (at, bytes) in &self.pages {
            file.write_all_at(bytes, *at)?;
        }
        Ok(file)
    }
}

/// A channel.
pub struct Image {
    pub geometry: Geometry,
    control: Sparse,
    data: Vec<Sparse>,
}

/// The files of an image that has been laid down, open for damaging.
pub struct Laid {
    pub geometry: Geometry,
    pub control: File,
    pub data: Vec<File>,
}

impl Image {
    pub fn all() -> &'static [Image] {
        static ALL: OnceLock<Vec<Image>> = OnceLock::new();
        ALL.get_or_init(|| {
            let makers: [fn(&Options) -> Result<Live>; 6] = [
                young_topic,
                busy_topic,
                old_topic,
                young_queue,
                busy_queue,
                old_queue,
            ];
            let taken = makers.iter().enumerate();
            taken
                .map(|(number, make)| Self::take(number, *make))
                .collect()
        })
    }

    fn take(number: usize, make: fn(&Options) -> Result<Live>) -> Self {
        let directory = home().join(format!("image-{number}"));
        fs::create_dir(&directory).expect("a fresh directory");
        let options = Options {
            directory: Some(directory.clone()),
            depth: DEPTH,
            pool_bytes_max: POOL_BYTES,
            ..Options::default()
        };
        let handles = make(&options).expect("a sound channel");
        let control = directory.join(format!("{NAME}.sipc"));
        let page = fs::read(&control).expect("a control file");
        let geometry = Geometry::from_page(&page[..HEADER_BYTES as usize], page.len() as u64);
        let mut data: Vec<_> = fs::read_dir(&directory)
            .expect("a directory")
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "data"))
            .collect();
        data.sort();
        let image = Self {
            geometry: geometry.expect("a sound header"),
            control: Sparse::of(&control),
            data: data.iter().map(|path| Sparse::of(path)).collect(),
        };
        drop(handles);
        let _ = fs::remove_dir_all(&directory);
        image
    }

    /// Puts the files into a directory.
    pub fn lay(&self, directory: &Path) -> Laid {
        let lay = |file: &Sparse| file.lay(directory).expect("shared memory for a channel");
        Laid {
            geometry: self.geometry.clone(),
            control: lay(&self.control),
            data: self.data.iter().map(lay).collect(),
        }
    }
}

fn young_topic(options: &Options) -> Result<Live> {
    Ok(Box::new(Publisher::open(NAME, options)?))
}

fn young_queue(options: &Options) -> Result<Live> {
    Ok(Box::new(Sender::open(NAME, options)?))
}

/// Values of every size: in one cache line, in two, in small chunks and in large ones.
fn values() -> [Value<'static>; 5] {
    let text = "a text that is longer than one cache line, and shorter than a slot is";
    [
        Value::Int(7),
        Value::from(text),
        Value::from(vec![3u8; 200]),
        Value::from(vec![(
            "list",
            Value::List(vec![Value::Int(1), Value::from("two")]),
        )]),
        Value::from(vec![5u8; 5000]),
    ]
}

/// Two publishers, subscribers of three kinds, messages in hand and a loan.
fn busy_topic(options: &Options) -> Result<Live> {
    let mut first = Publisher::open(NAME, options)?;
    let mut second = Publisher::open(
        NAME,
        &Options {
            unstamped: true,
            ..options.clone()
        },
    )?;
    let lossless = Options {
        lossless: true,
        history: 4,
        ..options.clone()
    };
    let mut kept = Subscriber::open(NAME, &lossless)?;
    let mut plain = Subscriber::open(NAME, options)?;
    let latest = Subscriber::open(
        NAME,
        &Options {
            latest: true,
            ..options.clone()
        },
    )?;
    for value in &values() {
        first.put(value, 99, NOW)?;
        second.put(value, 0, NOW)?;
    }
    let in_hand = [kept.receive_timeout(NOW)?, plain.receive_timeout(NOW)?];
    // The fifth of each is one in a small chunk.
    let take = |_| [kept.receive_timeout(NOW), plain.receive_timeout(NOW)];
    let more: Vec<_> = (0..4).flat_map(take).collect();
    let loan = second.loan(LoanKind::Bytes(900), NOW)?;
    Ok(Box::new((
        first, second, kept, plain, latest, in_hand, more, loan,
    )))
}

/// A publisher that has been around several times.
fn old_topic(options: &Options) -> Result<Live> {
    let mut publisher = Publisher::open(NAME, options)?;
    let mut subscriber = Subscriber::open(NAME, options)?;
    for _ in 0..10 {
        for value in &values() {
            publisher.put(value, 0, NOW)?;
        }
    }
    let message = subscriber.receive_timeout(NOW)?;
    Ok(Box::new((publisher, subscriber, message)))
}

/// Two senders, two receivers with a message in hand, and a loan.
fn busy_queue(options: &Options) -> Result<Live> {
    let mut first = Sender::open(NAME, options)?;
    let mut second = Sender::open(
        NAME,
        &Options {
            unstamped: true,
            ..options.clone()
        },
    )?;
    for value in values().iter().rev() {
        first.put(value, 99, NOW)?;
        second.put(value, 0, NOW)?;
    }
    let mut large = Receiver::open(NAME, options)?;
    let large_message = large.receive_timeout(NOW)?;
    let mut small = Receiver::open(NAME, options)?;
    for _ in 0..3 {
        drop(small.receive_timeout(NOW)?);
    }
    let small_message = small.receive_timeout(NOW)?;
    let loan = second.loan(LoanKind::Bytes(900), NOW)?;
    Ok(Box::new((
        first,
        second,
        large,
        large_message,
        small,
        small_message,
        loan,
    )))
}

/// A sender that has been around several times, and no receiver any more.
fn old_queue(options: &Options) -> Result<Live> {
    let mut sender = Sender::open(NAME, options)?;
    let mut receiver = Receiver::open(NAME, options)?;
    for _ in 0..10 {
        for value in &values() {
            sender.put(value, 0, NOW)?;
            drop(receiver.receive_timeout(NOW)?);
        }
    }
    for value in &values() {
        sender.put(value, 0, NOW)?;
    }
    Ok(Box::new(sender))
}
