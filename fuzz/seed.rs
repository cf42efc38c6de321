//! Writes what the fuzzer begins with: a folder for each target, filled from the crate's test data. `fuzz/run` compiles and
//! runs it by itself; the arguments are the folder with the data and the folder in which the others are made.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../tests/it/escapes.rs"]
mod escapes;

use escapes::unescape;

/// The bytes in one column of a file.
fn column(file: &Path, column: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let rows = fs::read_to_string(file)?;
    Ok(rows.lines().filter_map(|row| row.split('\t').nth(column)).map(unescape).collect())
}

/// Puts inputs into a target's folder. Those that are too long for a quick start are left out.
fn write(folder: &Path, target: &str, inputs: Vec<Vec<u8>>) -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = folder.join(target);
    fs::create_dir_all(&folder)?;
    for (n, input) in inputs.iter().filter(|input| input.len() <= 4096).enumerate() {
        fs::write(folder.join(format!("{n:03}")), input)?;
    }
    Ok(())
}

fn with_head(head: &[u8], inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    inputs.iter().map(|input| [head, input].concat()).collect()
}

/// A conversation in which a line comes after the welcome.
fn script(line: &[u8]) -> Vec<u8> {
    let line = line.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let said: Vec<Vec<u8>> = line.map(|line| [b"a> ", line].concat()).collect();
    let (before, after): (&[u8], &[u8]) =
        (b"a+alice\nb+bob\na> JOIN #test\nb> JOIN #test\n", b"\na~5\nb> PRIVMSG #test :hi");
    [before, &said.join(&b'\n')[..], after].concat()
}

/// Bytes as pieces that come one after the other, as the target `door` reads them.
fn knocks(bytes: &[u8]) -> Vec<u8> {
    let pieces = bytes.chunks(200).map(|piece| [&[1, piece.len() as u8][..], piece].concat());
    [&[0][..], &pieces.collect::<Vec<_>>().concat(), &[250, 0]].concat()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [data, folder] = &arguments[..] else { return Err("usage: seed DATA FOLDER".into()) };
    let sent = column(&data.join("protocol-lines.tsv"), 2)?;
    let texts = column(&data.join("message-texts.tsv"), 2)?;
    let served = column(&data.join("server-lines.tsv"), 1)?;
    let logs = column(&data.join("torn-logs.tsv"), 1)?;

    write(folder, "wire", with_head(&[3, 0, 50, 7], &[&sent[..], &served].concat()))?;
    write(folder, "core", sent.iter().map(|line| script(line)).collect())?;
    let mut first: Vec<Vec<u8>> = sent.iter().map(|bytes| knocks(bytes)).collect();
    first.extend(texts.iter().map(|text| knocks(&[&b"anna\r\n"[..], text, b"\r\n/quit\r\n"].concat())));
    first.push(knocks(b"anna"));
    write(folder, "door", first)?;
    let said = [&[1, 128, 0, 40][..], &texts.join(&b'\n')[..2000]].concat();
    write(folder, "log", [with_head(&[0], &logs), vec![said]].concat())?;
    write(folder, "client", with_head(&[100, 30], &served))?;
    write(folder, "text", with_head(&[100, 30], &texts))?;
    Ok(())
}
