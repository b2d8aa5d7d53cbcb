//! How the functions' programs are linked.
#![expect(clippy::print_stdout, reason = "that is how a build script speaks")]

fn main() {
    // A program at a fixed address needs no table of what to relocate at its start: a sixteenth of its size.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    println!("cargo::rerun-if-changed=../build.rs");
}
