//! Worker of the comparison for what the kernel offers: pipes, Unix sockets, TCP, POSIX message
//! queues. Each file says how its system is set up and why.

mod framed;
mod message_queue;
mod pipe;
mod tcp;
mod unix;
mod waiting;

fn main() {
    harness::worker_of(|task| match task.system() {
        "pipe" => task.run::<pipe::Pipe>(),
        "unix" => task.run::<unix::Unix>(),
        "tcp" => task.run::<tcp::Tcp>(),
        "mq" => task.run::<message_queue::MessageQueue>(),
        other => anyhow::bail!("this worker has pipe, unix, tcp and mq, but no system {other:?}"),
    });
}
