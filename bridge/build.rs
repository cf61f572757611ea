//! Reads the version of wasmtime from Cargo.lock: artifacts carry it, so it must be the one that is linked.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let lock = fs::read_to_string(Path::new(&root).join("Cargo.lock")).expect("Cargo.lock is beside Cargo.toml");
    let version = locked_version(&lock, "wasmtime").expect("Cargo.lock names wasmtime");
    println!("cargo:rustc-env=PEKO_WASMTIME_VERSION={version}");
}

/// The version of `name` in the text of a Cargo.lock.
fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}
