//! Mistakes that the compiler has to find, with a message in our own words.

use crate::support::cargo;

#[test]
fn a_projection_that_reaches_outside_does_not_compile_and_is_told_why() {
    let output = cargo()
        .args([
            "build",
            "--workspace",
            "--example",
            "projection_reaching_outside",
            "--features",
            "althing-backbone/compile-fail",
        ])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    for asked in ["State<Mailer>", "Effects", "Uow", "Reads"] {
        let message = format!(
            "`althing_backbone::{asked}` is not for handlers of kind `althing_backbone::kind::Projection`"
        );
        assert!(text.contains(&message), "{asked} is missing in:\n{text}");
    }
    assert!(text.contains("what reaches outside (State, Effects), issues commands (Uow) or reads other state (Reads) belongs in a `reaction(…)`"), "{text}");
    assert!(
        text.contains("`u32` cannot be the type of a personal field"),
        "{text}"
    );
}
