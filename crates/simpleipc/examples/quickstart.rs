//! Sends two values and takes them back: cargo run -p simpleipc --example quickstart

fn main() -> simpleipc::Result<()> {
    simpleipc::send("chat", "hello")?;
    simpleipc::send("chat", 42)?;
    for _ in 0..2 {
        let message = simpleipc::receive("chat", None)?; // in this program or in any other
        println!("{:?}", message.value()?);
    }
    Ok(())
}
