//! The files of a PostgreSQL cluster, and whom they belong to.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::services::certificate::Certificate;
use crate::services::program::{clean, find, missing, quoted, quoted_path, run};

/// Where Debian puts each version's programs.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A data folder and the programs that fit it.
pub(super) struct Cluster {
    programs: PathBuf,
    data: PathBuf,
    /// PostgreSQL refuses to run as root; then it runs as this user, in this group.
    user: Option<(String, String)>,
}

impl Cluster {
    /// The cluster in `folder`, which this gives to whom PostgreSQL will run as.
    pub(super) async fn new(folder: &Path) -> Self {
        let cluster = Self {
            programs: newest(),
            data: folder.join("data"),
            user: unprivileged_user().await,
        };
        cluster.own(folder).await;
        // A killed server leaves a few bytes of the system's shared memory, whose number
        // stands in this file; a server that ended by itself has removed them.
        let remains = format!(
            "[ -e {file} ] || exit 0\n\
             memory=$(sed -n 7p {file} | awk '{{print $2}}')\n\
             [ -z \"$memory\" ] || ipcrm -m \"$memory\" 2>/dev/null\n",
            file = quoted_path(&cluster.data.join("postmaster.pid"))
        );
        std::fs::write(folder.join("last"), remains).expect("the folder is there");
        cluster
    }

    /// Gives a folder and what is in it to whom PostgreSQL runs as.
    pub(super) async fn own(&self, folder: &Path) {
        if let Some((user, group)) = &self.user {
            let mut command = clean("chown");
            command.arg("-R").arg(format!("{user}:{group}")).arg(folder);
            run(command).await;
        }
    }

    /// An empty cluster.
    pub(super) async fn initialize(&self) {
        let mut command = self.command("initdb");
        command
            .args([
                "--no-sync",
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-D",
            ])
            .arg(&self.data);
        run(command).await;
    }

    /// A copy of the server on `port`, which will follow it.
    pub(super) async fn copy_from(&self, port: u16) {
        let mut command = self.command("pg_basebackup");
        command
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &port.to_string(),
                "-U",
                "postgres",
                "--no-password",
            ])
            .args([
                "--write-recovery-conf",
                "--wal-method=stream",
                "--checkpoint=fast",
                "--no-sync",
                "-D",
            ])
            .arg(&self.data);
        run(command).await;
    }

    /// The data folder as text, as PostgreSQL itself says it.
    pub(super) fn data_text(&self) -> String {
        self.data.display().to_string()
    }

    /// One of this version's programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A program as the user that owns the files.
    fn command(&self, program: &str) -> Command {
        let program = self.program(program);
        let mut command = match &self.user {
            None => clean(program),
            Some((user, group)) => {
                let mut command = clean("setpriv");
                command.args(as_user(user, group)).arg(program);
                command
            }
        };
        // That user may be unable to see where the tests run.
        command.current_dir("/");
        command
    }

    /// The same for a shell; it can be `exec`ed.
    pub(super) fn shell(&self, program: &str) -> String {
        let program = quoted_path(&self.program(program));
        match &self.user {
            None => program,
            Some((user, group)) => {
                format!("setpriv {} {program}", as_user(user, group).map(quoted).join(" "))
            }
        }
    }
}

/// What the server is told beside its folder and port.
pub(super) fn settings(without_fsync: bool) -> Vec<(String, String)> {
    let mut settings = vec![
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("max_connections", "400"),
        ("max_prepared_transactions", "10"),
        ("wal_level", "replica"),
        // A replica that was away for a while can still follow.
        ("wal_keep_size", "256MB"),
        // Files in the folder, so that nothing is left in /dev/shm after a kill.
        ("dynamic_shared_memory_type", "mmap"),
    ];
    if without_fsync {
        settings.extend([("fsync", "off"), ("full_page_writes", "off")]);
    }
    settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What makes it speak TLS.
pub(super) fn tls_settings(certificate: &Certificate) -> [(String, String); 3] {
    let path = |path: &Path| path.display().to_string();
    [
        ("ssl".to_owned(), "on".to_owned()),
        ("ssl_cert_file".to_owned(), path(&certificate.certificate)),
        ("ssl_key_file".to_owned(), path(&certificate.key)),
    ]
}

/// Arguments of setpriv.
fn as_user(user: &str, group: &str) -> [String; 3] {
    [
        format!("--reuid={user}"),
        format!("--regid={group}"),
        "--clear-groups".to_owned(),
    ]
}

/// The programs of the newest version that has a server; of the path, outside Debian.
fn newest() -> PathBuf {
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let debian = versions
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("postgres").is_file().then_some((version, programs))
        })
        .max();
    debian.map_or_else(
        || {
            let postgres = find("postgres", "postgresql");
            let folder = postgres.parent();
            folder
                .unwrap_or_else(|| panic!("{}", missing("postgres", "postgresql")))
                .to_owned()
        },
        |(_, programs)| programs,
    )
}

/// Whom to run as when this process is root: the package's user, or nobody.
async fn unprivileged_user() -> Option<(String, String)> {
    if id(&["-u"]).await.as_deref() != Some("0") {
        return None;
    }
    for user in ["postgres", "nobody"] {
        if let Some(group) = id(&["-g", user]).await {
            return Some((user.to_owned(), group));
        }
    }
    panic!("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody");
}

async fn id(arguments: &[&str]) -> Option<String> {
    let output = tokio::process::Command::new("id").args(arguments).output().await;
    let output = output.expect("id exists");
    let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(answer)
}
