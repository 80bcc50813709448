//! The client on Apache's runtime for Rust; cases_test.go tells what each case is.

mod bar;
mod cases;
mod client;
mod dialect;
mod foo;
mod refusals;

use client::Client;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut client = Client::connect(&args[1], &args[2], &args[3], &args[4]).expect("no connection");
    for name in &args[5..] {
        match client.run(name) {
            Ok(()) => println!("ok {name}"),
            Err(e) => println!("FAIL {name} {e}"),
        }
    }
}
