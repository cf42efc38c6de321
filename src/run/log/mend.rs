//! `chatui log verify` and `chatui log repair`.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use chatui::server::clock;
use chatui::server::log::{Archive, Options, Sync, Verified, repair as repair_log};

use super::progress::{Progress, bytes};
use super::{FAILED, Failure, USAGE, archive, folder, unreadable};
use crate::cli::log::{RepairArgs, VerifyArgs};

/// A turn that a running server is writing looks like damage at the end; it is whole soon.
const LOOKS: usize = 10;
/// How long is waited between two looks.
const PAUSE: Duration = Duration::from_millis(100);

pub fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let verified = verified(&mut archive(&args.place)?)?;
    tell(&verified);
    if verified.damaged == 0 {
        return Ok(());
    }
    Err(Failure::new(
        FAILED,
        format!("{} damaged places; chatui log repair cuts them out and keeps them", verified.damaged),
    ))
}

/// What a log is found to be that a running server may be writing.
pub fn verified(archive: &mut Archive) -> Result<Verified, Failure> {
    let mut verified = look(archive)?;
    for _ in 1..LOOKS {
        if !verified.damage.last().is_some_and(|last| last.at_end) {
            break;
        }
        std::thread::sleep(PAUSE);
        archive.refresh()?;
        verified = look(archive)?;
    }
    Ok(verified)
}

pub fn repair(args: &RepairArgs) -> Result<(), Failure> {
    let data = folder(&args.place)?;
    let verified = look(&archive(&args.place)?)?;
    tell(&verified);
    if verified.damaged == 0 {
        return Ok(());
    }
    if !args.yes && !agreed(verified.damaged)? {
        return Err(Failure::new(FAILED, "nothing was changed"));
    }
    for told in repair_log(&data, Options::new(Sync::Turn, clock::now()))? {
        println!("{told}");
    }
    Ok(())
}

fn look(archive: &Archive) -> Result<Verified, Failure> {
    let total = archive.bytes().map_err(unreadable)?;
    let mut progress = Progress::begin("verifying", Some(total), false);
    let verified = archive.verify(&mut |done| progress.at(done)).map_err(unreadable);
    progress.end();
    verified
}

fn tell(verified: &Verified) {
    for damage in &verified.damage {
        println!("{damage}");
    }
    println!("{} good lines, {} in {} segments", verified.lines, bytes(verified.bytes), verified.segments);
}

/// Asks whoever sits at the terminal.
fn agreed(places: usize) -> Result<bool, Failure> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Failure::new(USAGE, "nothing was changed: add --yes to have the damage cut out"));
    }
    eprint!("cut {places} damaged places out of the log, and keep them beside it? [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = input.lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}
