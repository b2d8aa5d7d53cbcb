//! How the functions' programs are linked.

fn main() {
    // A program at a fixed address needs no table of what to relocate at its start: a sixteenth of its size.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    println!("cargo::rerun-if-changed=../build.rs");
}
