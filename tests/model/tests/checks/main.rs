//! The model checker finds no fault in the real cores, and finds each planted mistake.

mod mistakes;
mod worlds;
