//! The border between the verifier and a browser: two functions that WebAssembly exports, and no more.
//!
//! The page asks for room, copies a request into it (`yizhang_verifier::Request`), and asks for the check; the answer is HTML behind its
//! length. Memory grows and is not given back: the page makes an instance for each check. Not the place for anything else, and no
//! pointer is followed here: room is a vector of ours that the page writes into before it is used.

use std::sync::Mutex;
use yizhang_verifier::Request;

/// Where the page puts a request, and where it finds the answer.
static ROOM: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Makes room for a request of so many bytes, and says where it is in memory.
#[expect(
    unsafe_code,
    reason = "an exported name; no other function of the module has it"
)]
#[unsafe(no_mangle)]
pub extern "C" fn yizhang_room(length: usize) -> *const u8 {
    put(vec![0; length])
}

/// Checks the request that stands in the room, and says where the answer is: its length in four bytes, the lowest first, then HTML. It is
/// empty where the request was none.
#[expect(
    unsafe_code,
    reason = "an exported name; no other function of the module has it"
)]
#[unsafe(no_mangle)]
pub extern "C" fn yizhang_check() -> *const u8 {
    let request = std::mem::take(&mut *lock());
    let html = match Request::parse(&request) {
        Ok(request) => yizhang_verifier::check(&request).html(),
        Err(_) => String::new(),
    };
    let length = u32::try_from(html.len()).expect("memory of WebAssembly has no more");
    let mut answer = length.to_le_bytes().to_vec();
    answer.extend_from_slice(html.as_bytes());
    put(answer)
}

fn put(bytes: Vec<u8>) -> *const u8 {
    let mut room = lock();
    *room = bytes;
    room.as_ptr()
}

fn lock() -> std::sync::MutexGuard<'static, Vec<u8>> {
    ROOM.lock()
        .expect("nothing panics while it is held, and nothing goes on after a panic")
}
