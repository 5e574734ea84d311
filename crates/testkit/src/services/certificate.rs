//! A certificate authority for one folder, and a server's certificate from it.

use std::path::{Path, PathBuf};

use super::program::{clean, find, run};

/// Who a server on the loopback address is.
const NAMES: &str =
    "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n";

/// The files, all in one folder.
#[derive(Clone)]
pub(super) struct Certificate {
    /// The authority that clients trust.
    pub(super) authority: PathBuf,
    /// The server's certificate.
    pub(super) certificate: PathBuf,
    /// Its key.
    pub(super) key: PathBuf,
}

impl Certificate {
    /// Makes both, valid for two days.
    pub(super) async fn make(folder: &Path) -> Self {
        let openssl = find("openssl", "openssl");
        std::fs::write(folder.join("names"), NAMES).expect("the folder is there");
        let key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ];
        let authority = [
            "req",
            "-x509",
            "-days",
            "2",
            "-subj",
            "/CN=Test authority",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
        ];
        let request = [
            "req",
            "-subj",
            "/CN=localhost",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
        ];
        let signature = [
            "x509",
            "-req",
            "-days",
            "2",
            "-in",
            "server.csr",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "names",
            "-out",
            "server.crt",
        ];
        for (arguments, key) in [(&authority[..], &key[..]), (&request, &key), (&signature, &[])] {
            let mut command = clean(&openssl);
            command.args(arguments).args(key).current_dir(folder);
            run(command).await;
        }
        Self {
            authority: folder.join("ca.crt"),
            certificate: folder.join("server.crt"),
            key: folder.join("server.key"),
        }
    }
}
