//! The data folder: whether it can be written to, is private, is near, and has room.

use std::path::Path;

use rustix::fs::{FsWord, statfs, statvfs};

use super::Finding;
use crate::config::{Config, FILE, Store};

/// With less room than this a warning is due; with a tenth of it, help is.
const LITTLE: u64 = 1_000_000_000;

/// File systems that lie on other machines, as the kernel numbers them: a database
/// file on one of them may lose what was written.
const REMOTE: [(FsWord, &str); 5] = [
    (0x6969, "NFS"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB"),
    (0x0102_1997, "9P"),
    (0x00C3_6400, "Ceph"),
];

pub(super) fn look(config: &Config) -> Vec<Finding> {
    if !config.data.is_dir() {
        return vec![Finding::warning(
            "folder",
            format!("{} is not there", config.data.display()),
            "name the folder with --data, or start it once with althing serve",
        )];
    }
    let mut findings = vec![writable(&config.data), room(&config.data)];
    findings.extend(secrets(&config.data.join(FILE)));
    if let Store::File(file) = &config.store {
        findings.extend(distance(file.parent().unwrap_or(&config.data)));
    }
    findings
}

fn writable(folder: &Path) -> Finding {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => Finding::ok("folder", format!("{} can be written to", folder.display())),
        Err(error) => Finding::fault(
            "folder",
            format!("{} cannot be written to: {error}", folder.display()),
            "give the folder to the user that runs althing (chown), and see that it is not mounted read-only",
        ),
    }
}

fn room(folder: &Path) -> Finding {
    const NAME: &str = "disk";
    let facts = match statvfs(folder) {
        Ok(facts) => facts,
        Err(error) => {
            return Finding::warning(NAME, format!("it cannot be asked: {error}"), "look with df");
        }
    };
    let free = facts.f_bavail.saturating_mul(facts.f_frsize);
    let said = format!("{:.1} GB are free", free as f64 / 1e9);
    let remedy = "make room, or move old events away with althing events archive";
    match free {
        free if free < LITTLE / 10 => Finding::fault(NAME, said, remedy),
        free if free < LITTLE => Finding::warning(NAME, said, remedy),
        _ => Finding::ok(NAME, said),
    }
}

/// The file may hold passwords of databases, brokers and mail servers.
fn secrets(file: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let facts = std::fs::metadata(file).ok()?;
    (facts.permissions().mode() & 0o077 != 0).then(|| {
        Finding::warning(
            "secrets",
            format!("others on this machine may read {}", file.display()),
            format!("chmod 600 {}", file.display()),
        )
    })
}

fn distance(folder: &Path) -> Option<Finding> {
    let kind = statfs(folder).ok()?.f_type;
    let (_, name) = REMOTE.iter().find(|(number, _)| *number == kind)?;
    Some(Finding::warning(
        "folder",
        format!("{} lies on another machine ({name})", folder.display()),
        "keep the database on a disk of this machine, or use PostgreSQL (database.url)",
    ))
}
