//! Builds again when the web app was built anew, since it is embedded.

fn main() {
    println!("cargo:rerun-if-changed=../../ui/build");
}
