//! The plurals, `puts`, `loans`, `takes`, `calls` and `serves`: the same verb many times in a plain
//! loop, so that what is measured from outside is the language and not the protocol.

use simpleipc::{Dtype, Failure, Message, Result, Value};

use super::{Driver, Handle, ROOM, misuse, number, read};

impl Driver {
    /// One of the plurals; None if it is no such command.
    pub(super) fn repeat(&mut self, words: &[&str]) -> Option<Result<String>> {
        Some(match *words {
            ["puts", id, value, count] => self.puts(id, value, count),
            ["loans", id, height, width, count] => self.loans(id, [height, width], count),
            ["takes", id, count] => self.takes(id, count),
            ["calls", id, count] => self.calls(id, count),
            ["serves", id, count] => self.serves(id, count),
            _ => return None,
        })
    }

    fn puts(&mut self, id: &str, value: &str, count: &str) -> Result<String> {
        let (value, count) = (read(value)?, number::<u64>(count, "")?);
        let Handle::Sender(sender) = self.handle(id)? else {
            return Err(misuse(format!("`{id}` does not send")));
        };
        for _ in 0..count {
            sender.put(&value, 0, ROOM)?;
        }
        Ok("ok".to_owned())
    }

    /// Of each frame only the ends are written: what it costs to fill is not the library's.
    fn loans(&mut self, id: &str, [height, width]: [&str; 2], count: &str) -> Result<String> {
        let shape = [number(height, "")?, number(width, "")?, 3];
        let count: u64 = number(count, "")?;
        let Handle::Sender(sender) = self.handle(id)? else {
            return Err(misuse(format!("`{id}` does not send")));
        };
        for _ in 0..count {
            let mut loan = sender.loan_tensor(Dtype::U8, &shape, "", ROOM)?;
            let end = loan.len() - 1;
            loan[0] = 1;
            loan[end] = 2;
            sender.put_loan(&mut loan, 0, ROOM)?;
        }
        Ok("ok".to_owned())
    }

    fn takes(&mut self, id: &str, count: &str) -> Result<String> {
        let count: u64 = number(count, "")?;
        let Handle::Receiver(receiver) = self.handle(id)? else {
            return Err(misuse(format!("`{id}` does not receive")));
        };
        let mut sum = 0;
        for _ in 0..count {
            sum += weigh(&receiver.receive_timeout(ROOM)?)?;
        }
        Ok(format!("sum {sum}"))
    }

    fn calls(&mut self, id: &str, count: &str) -> Result<String> {
        let count: u64 = number(count, "")?;
        let client = self.client(id)?;
        let mut sum = 0;
        for _ in 0..count {
            let reply = client.call("add", (2, 3), ROOM);
            let reply = reply.map_err(|error| misuse(error.to_string()))?;
            if let Value::Int(result) = reply.value()? {
                sum += result;
            }
        }
        Ok(format!("sum {sum}"))
    }

    fn serves(&mut self, id: &str, count: &str) -> Result<String> {
        let count: u64 = number(count, "")?;
        let Handle::Server(server) = self.handle(id)? else {
            return Err(misuse(format!("`{id}` does not serve")));
        };
        for _ in 0..count {
            let request = server.receive(ROOM)?;
            match request.args()? {
                Value::List(list) => match list[..] {
                    [Value::Int(a), Value::Int(b)] => request.reply(a + b)?,
                    _ => request.fail(&Failure::new(1, "add takes two ints"))?,
                },
                _ => request.fail(&Failure::new(1, "add takes a list"))?,
            }
        }
        Ok("ok".to_owned())
    }
}

/// What `takes` adds up: the sequence number, and both ends of the data, looked at in place.
fn weigh(message: &Message) -> Result<u64> {
    let ends = match message.value()? {
        Value::Bytes(data) => ends(&data),
        Value::Tensor(tensor) => ends(&tensor.data),
        _ => None,
    };
    let ends = ends.ok_or_else(|| misuse("took no bytes and no tensor".to_owned()))?;
    Ok(message.sequence() + ends)
}

fn ends(data: &[u8]) -> Option<u64> {
    Some(u64::from(*data.first()?) + u64::from(*data.last()?))
}
