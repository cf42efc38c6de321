//! What must not work: attacks by their numbers, on the server and on the client. The table of all of them is in [`table`].

mod bounds;
mod crowd;
mod evil;
mod files;
mod lines;
mod names;
mod screen;
mod table;
