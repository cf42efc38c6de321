//! `chatui check`: whether a server's configuration and data folder are as they should be, told line by line. It
//! changes nothing (but that a file of ours which others could read is for its owner alone afterwards, as at a start), and may be
//! asked while the server runs.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the edge that looks at files, addresses and the clock"
)]

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use chatui::server::bans::BanFile;
use chatui::server::log::Archive;
use chatui::server::tls::Tls;
use chatui::server::{Config, clock};

use super::configuration::configuration;
use super::{FAILED, Failure, log};
use crate::cli::ServeArgs;

/// How long before its end a certificate is worth a warning: authorities renew earlier than that.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
/// Most files that are named one by one.
const NAMED: usize = 5;

/// What was found so far.
#[derive(Default)]
struct Report {
    wrong: usize,
    warnings: usize,
}

impl Report {
    fn good(&self, words: &str) {
        println!("good: {words}");
    }

    fn warn(&mut self, words: &str) {
        self.warnings += 1;
        println!("warning: {words}");
    }

    fn wrong(&mut self, words: &str) {
        self.wrong += 1;
        println!("wrong: {words}");
    }
}

/// Looks at all of it.
///
/// # Errors
/// [`Failure`]: the configuration cannot be used, or something else is wrong.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let config = configuration(args)?;
    let mut report = Report::default();
    match &args.config {
        Some(path) => report.good(&format!("{} is understood", path.display())),
        None => report.good("no configuration file was named: flags and defaults"),
    }
    for path in [&args.config, &args.password_file].into_iter().flatten() {
        // A group may be the server's own.
        if mode(path).is_some_and(|mode| mode & 0o027 != 0) {
            report.warn(&format!("{} can be read or changed by others: chmod 640, or 600", path.display()));
        }
    }
    if rustix::process::geteuid().is_root() {
        report.warn(
            "this is root, and the server needs nothing of what root may do: run it as a user of its own",
        );
    }
    folder(&config.data, &mut report)?;
    addresses(&config, &mut report);
    certificate(&config, &mut report);
    entry(&config, &mut report);
    match report {
        Report { wrong: 0, warnings: 0 } => println!("all is as it should be"),
        Report { wrong: 0, warnings } => println!("{warnings} warnings, nothing wrong"),
        Report { wrong, .. } => return Err(Failure::new(FAILED, format!("{wrong} things are wrong"))),
    }
    Ok(())
}

fn is_far(address: &SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// Where it listens, and what is spoken there.
fn addresses(config: &Config, report: &mut Report) {
    for address in &config.listen {
        let spoken = match (is_far(address), config.tls.required, config.allow_plaintext) {
            (_, true, _) => "TLS only",
            (true, false, false) => "TLS only, but from this machine",
            (true, false, true) => "TLS, and without it",
            (false, false, _) => "reachable from this machine only",
        };
        told_bound("listens on", *address, spoken, report);
        if is_far(address) && config.allow_plaintext && !config.tls.required {
            report.warn(&format!(
                "{address}: other machines may connect without TLS; what they say, and their passwords, can be read on the way"
            ));
        }
    }
    if let Some(address) = config.metrics {
        told_bound("metrics on", address, "HTTP", report);
    }
}

fn told_bound(what: &str, address: SocketAddr, spoken: &str, report: &mut Report) {
    match TcpListener::bind(address) {
        Ok(_) => report.good(&format!("{what} {address}: {spoken}")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            report.good(&format!(
                "{what} {address}: {spoken}; taken at this moment, by the server itself if it runs"
            ));
        }
        Err(error) => report.wrong(&format!("{what} {address}: {error}")),
    }
}

/// The certificate, and how long it is good.
fn certificate(config: &Config, report: &mut Report) {
    let tls = match Tls::open(&config.tls, &config.data, &config.listen, false) {
        Ok(Some(tls)) => tls,
        Ok(None) if config.tls.required || config.listen.iter().any(is_far) => {
            return report.good("a key and a certificate are made on the first start");
        }
        Ok(None) => return report.good("no certificate, and none is needed on this machine"),
        Err(error) => return report.wrong(&error.to_string()),
    };
    let (now, fingerprint) = (clock::now(), tls.fingerprint());
    match tls.lasts() {
        Some((begins, _)) if now < begins => {
            report.wrong(&format!("the certificate {fingerprint} is good from {begins} on, and not yet"));
        }
        Some((_, ends)) if ends <= now => {
            report.wrong(&format!("the certificate {fingerprint} has expired: it was good until {ends}"));
        }
        Some((_, ends)) if ends.since(now) < SOON => {
            report.warn(&format!("the certificate {fingerprint} ends soon: {ends}"));
        }
        Some((_, ends)) => report.good(&format!("the certificate {fingerprint} is good until {ends}")),
        None => report.warn(&format!("when the certificate {fingerprint} ends is not to be read")),
    }
}

/// Who may come in, and who may act for the server.
fn entry(config: &Config, report: &mut Report) {
    let core = &config.core;
    match &core.password {
        Some(_) => report.good("a password is asked for"),
        None if config.listen.iter().any(is_far) => {
            report.warn("no password: whoever reaches the server may come in (--password-file)");
        }
        None => report.good("no password"),
    }
    report.good(&format!("{} operators", core.operators.len()));
    match BanFile::new(&config.data).read() {
        Ok(bans) => report.good(&format!("{} bans", bans.len())),
        Err(why) => report.wrong(&why),
    }
    let limits = config.limits;
    let or_none = |limit: usize| if limit == 0 { "any number".to_owned() } else { limit.to_string() };
    report.good(&format!(
        "at most {} connections; of one address {} at once and {} in ten minutes; {} lines a second of each{}",
        limits.max_clients,
        or_none(limits.arrivals.at_once),
        or_none(limits.arrivals.anew),
        or_none(limits.pace.per_second as usize),
        if limits.pace.near { "" } else { "; this machine's own are not limited so" },
    ));
}

/// The data folder: whose it is, who may read it, and whether the log is whole.
fn folder(data: &Path, report: &mut Report) -> Result<(), Failure> {
    let shown = data.display();
    match fs::symlink_metadata(data) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            report.good(&format!("{shown} is made on the first start"));
            return Ok(());
        }
        Err(error) => {
            report.wrong(&format!("{shown}: {error}"));
            return Ok(());
        }
        Ok(found) if found.is_symlink() => {
            report.wrong(&format!("{shown} is a symbolic link; name the place itself"));
            return Ok(());
        }
        Ok(_) => {}
    }
    if mode(data).is_some_and(|mode| mode & 0o022 != 0) {
        report.wrong(&format!("{shown} can be written by others: chmod 700"));
    }
    let (mut open, mut links) = (Vec::new(), Vec::new());
    for path in [data.to_owned(), data.join("log")].iter().flat_map(fs::read_dir).flatten().flatten() {
        let path = path.path();
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => links.push(path.display().to_string()),
            Ok(found) if found.is_file() && found.permissions().mode() & 0o077 != 0 => {
                open.push(path.display().to_string());
            }
            _ => {}
        }
    }
    for (found, what) in [(links, "is a symbolic link"), (open, "can be read by others: chmod 600")] {
        for path in found.iter().take(NAMED) {
            report.wrong(&format!("{path} {what}"));
        }
        if found.len() > NAMED {
            report.wrong(&format!("so it is with {} more", found.len() - NAMED));
        }
    }
    match Archive::open(data) {
        Ok(None) => report.good(&format!("{shown} has no log yet")),
        Ok(Some(mut archive)) => {
            let verified = log::verified(&mut archive)?;
            match verified.damaged {
                0 => report.good(&format!("{shown}: {} lines, every one whole", verified.lines)),
                damaged => report.wrong(&format!(
                    "{shown}: {damaged} damaged places among {} lines; chatui log verify names them",
                    verified.lines
                )),
            }
        }
        Err(error) => report.wrong(&error.to_string()),
    }
    Ok(())
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|found| found.permissions().mode())
}
