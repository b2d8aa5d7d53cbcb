//! How the functions' programs are linked.

fn main() {
    // A program at a fixed address needs no table of what to relocate at its start: a sixteenth of its size.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    if has_rusts_own_linker() {
        // Functions that came out alike, of which generics make many, are one; so are texts that end alike.
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all,--ignore-data-address-equality,-O2");
    }
    println!("cargo::rerun-if-changed=../build.rs");
}

/// Rust brings a linker for 64-bit Intel on Linux; what links for other machines may not know its options.
#[expect(clippy::disallowed_methods, reason = "so Cargo tells build scripts what they build")]
fn has_rusts_own_linker() -> bool {
    let said = |name| std::env::var(name).unwrap_or_default();
    let target = said("TARGET");
    target == "x86_64-unknown-linux-gnu" && target == said("HOST") && said("PROFILE") == "release"
}
