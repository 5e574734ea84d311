//! `althing config`: what is configured, and what could be.

use anyhow::{Context, Result};
use clap::Subcommand;

use super::print_line;
use crate::config::{Config, FILE, KEYS};

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Tests the configuration without starting, and shows each setting and where it comes from
    Check,
    /// Prints a file with every setting explained, to be saved as althing.toml
    Example,
}

/// Reading the configuration has checked it; what remains is the folder.
pub(super) fn run(config: &Config, command: &ConfigCommand) -> Result<()> {
    match command {
        ConfigCommand::Check => {
            if config.data.exists() {
                let probe = tempfile_in(config)?;
                std::fs::remove_file(&probe).with_context(|| format!("cannot remove {}", probe.display()))?;
            }
            for setting in &config.settings {
                let value = if setting.value.is_empty() {
                    "(not set)"
                } else {
                    &setting.value
                };
                print_line(&format!("{:<26} {:<28} {}", setting.name, value, setting.source))?;
            }
            print_line(&format!("{:<26} {}", "data", config.data.display()))?;
            print_line("The configuration is fine.")
        }
        ConfigCommand::Example => print_line(example().trim_end()),
    }
}

fn tempfile_in(config: &Config) -> Result<std::path::PathBuf> {
    let probe = config.data.join(format!(".probe-{}", std::process::id()));
    std::fs::write(&probe, b"")
        .with_context(|| format!("cannot write to the data folder {}", config.data.display()))?;
    Ok(probe)
}

fn example() -> String {
    let mut text =
        format!("# {FILE}: every setting with its default. Remove the # in front of those you change.\n\n");
    for key in KEYS {
        let variable = key.environment_variable();
        text.push_str(&format!(
            "# {}\n# {}; or {variable}\n# {} = {:?}\n\n",
            key.about, key.kind, key.name, key.default
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_toml_with_every_setting() {
        let uncommented: String = example()
            .lines()
            .filter_map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")))
            .map(|line| format!("{line}\n"))
            .collect();
        let table: toml::Table = uncommented.parse().unwrap();
        assert_eq!(table["listen"].as_str(), Some("127.0.0.1:8080"));
        assert_eq!(table["log"]["format"].as_str(), Some("text"));
    }
}
