//! One module for each command: `run` executes it and returns the exit code.

pub mod backup;
pub mod balance;
pub mod bench;
pub mod demo;
pub mod doctor;
pub mod export;
mod find;
pub mod heal;
pub mod movement;
pub mod open;
pub mod parked;
pub mod phases;
pub mod rebuild;
pub mod reservation;
pub mod restore;
pub mod reverse;
pub mod statement;
pub mod status_change;
pub mod submit;
pub mod trace;
pub mod transfer;
pub mod transfers;
pub mod up;
pub mod verify;
pub mod watch;
