//! Segments, index and registers on disk. Each file is a module; `stop` starts itself as another process.

mod access;
mod access_index;
mod backup;
mod crash;
mod damage;
mod federation;
mod index;
mod journal;
mod mend;
mod register;
mod round_trip;
mod second;
mod set_aside;
mod speed;
mod waiting_room;
